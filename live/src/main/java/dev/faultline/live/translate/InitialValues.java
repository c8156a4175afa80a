package dev.faultline.live.translate;

import dev.faultline.litmus.types.CType;
import dev.faultline.litmus.types.DataImage;
import dev.faultline.litmus.types.IntegerType;
import dev.faultline.litmus.types.Program;
import dev.faultline.litmus.types.Segment;
import java.util.Arrays;
import java.util.List;

/// What the globals begin with, where that is not zero.
final class InitialValues {
    private InitialValues() {}

    /// {@return the statements that set them}
    static String of(Program program, List<Memory.Named> globals) {
        StringBuilder text = new StringBuilder();
        byte[] image = program.data().content().toArray();
        for (Memory.Named global : globals) {
            byte[] bytes = Arrays.copyOfRange(image, (int) global.offset(), (int) (global.offset() + global.type().size()));
            text.append(value(global, bytes));
        }
        for (DataImage.Relocation relocation : program.data().relocations()) {
            String target = relocation.target() == Segment.READ_ONLY
                    ? Literal.quote(program.readOnlyText(relocation.addend()))
                    : "(char *)&" + Memory.GLOBALS + " + " + relocation.addend();
            text.append("\t*(volatile char *volatile *)((volatile char *)&").append(Memory.GLOBALS).append(" + ")
                    .append(relocation.offset()).append(") = ").append(target).append(";\n");
        }
        return text.toString();
    }

    private static String value(Memory.Named global, byte[] bytes) {
        int used = bytes.length;
        while (used > 0 && bytes[used - 1] == 0) {
            used--;
        }
        if (used == 0) {
            return "";
        }
        String name = Memory.GLOBALS + "." + global.name();
        if (global.type() instanceof IntegerType type) {
            long value = 0;
            for (int i = bytes.length - 1; i >= 0; i--) {
                value = value << 8 | bytes[i] & 0xff;
            }
            return "\t" + name + " = " + Constant.number(type, type.normalise(value)).text() + ";\n";
        }
        String target = global.type() instanceof CType.Array ? name : "&" + name;
        return "\tcopy_memory((void *)" + target + ", " + Literal.quote(Arrays.copyOf(bytes, used)) + ", " + used + ");\n";
    }
}
