package dev.faultline.live.translate;

import dev.faultline.litmus.types.Body;
import dev.faultline.litmus.types.Calls;
import dev.faultline.litmus.types.CType;
import dev.faultline.litmus.types.Local;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The variables of a body that lie in no memory that the test could see: its scalar locals, and temporary values.
final class Registers {
    private final Map<Integer, String> names = new TreeMap<>();
    private final List<String> declarations = new ArrayList<>();
    private final List<String> taken = new ArrayList<>(List.of(Memory.GLOBALS, "shared", "caught", "trap", "errno", "end",
            "map", "remap", "remember", "set_memory", "copy_memory", "compare_memory", "require", "leave_child", "syscall",
            "mapping", "mremap", "asm", "auto", "const", "default", "enum", "extern", "float", "double", "goto", "inline",
            "register", "restrict", "static", "switch", "case", "typedef", "union", "volatile"));
    private int temporaries;

    Registers(Body body) {
        taken.addAll(Calls.names());
        for (Local local : body.locals()) {
            if (local.storage() instanceof Local.Storage.Register(int slot)) {
                String name = Memory.unique(local.name(), taken);
                names.put(slot, name);
                declare(local.type(), name);
            }
        }
    }

    private void declare(CType type, String name) {
        taken.add(name);
        declarations.add(CTypes.volatileObject(type, name) + " = 0;");
    }

    /// {@return the name of a register; a temporary one is declared when it is first used}
    String name(int slot, CType type) {
        return names.computeIfAbsent(slot, _ -> temporary(type));
    }

    /// {@return a new variable for a value in between}
    String temporary(CType type) {
        String name = Memory.unique("t" + ++temporaries, taken);
        declare(type, name);
        return name;
    }

    /// {@return the declarations of all of them; the code of the body has been written before}
    List<String> declarations() {
        return List.copyOf(declarations);
    }
}
