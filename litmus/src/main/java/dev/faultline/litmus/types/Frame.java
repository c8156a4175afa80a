package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.Span;
import dev.faultline.litmus.syntax.Word;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The locals of one body while it is checked: their scopes, registers and places on the stack.
final class Frame {
    private static final long LEAST_ALIGNMENT = 16;

    private final Set<Span> addressTaken;
    private final Deque<Map<String, Local>> scopes = new ArrayDeque<>();
    private final List<Local> locals = new ArrayList<>();
    private final Set<String> complained = new HashSet<>();
    private int registers;
    private long stackBytes;
    private long stackAlignment = LEAST_ALIGNMENT;

    /// Makes the frame of a body that takes the addresses of the locals declared at `addressTaken`.
    Frame(Set<Span> addressTaken) {
        this.addressTaken = addressTaken;
    }

    void enterScope() {
        scopes.push(new HashMap<>());
    }

    void leaveScope() {
        scopes.pop();
    }

    Optional<Local> find(String name) {
        for (Map<String, Local> scope : scopes) {
            if (scope.containsKey(name)) {
                return Optional.of(scope.get(name));
            }
        }
        return Optional.empty();
    }

    /// {@return the names in all open scopes}
    List<String> visibleNames() {
        return locals.stream().filter(local -> find(local.name()).equals(Optional.of(local))).map(Local::name).toList();
    }

    Optional<Local> findInnermost(String name) {
        return scopes.isEmpty() ? Optional.empty() : Optional.ofNullable(scopes.element().get(name));
    }

    /// {@return whether this is the first complaint about an unknown `name`}
    boolean complainAbout(String name) {
        return complained.add(name);
    }

    Local declare(Word name, CType type) {
        boolean inRegister = type.isScalar() && !addressTaken.contains(name.span());
        Local.Storage storage = inRegister
                ? new Local.Storage.Register(newRegister())
                : new Local.Storage.Stack(allocate(type));
        var local = new Local(name.text(), type, storage, scopes.size() - 1, name.span());
        scopes.element().put(name.text(), local);
        locals.add(local);
        return local;
    }

    int newRegister() {
        return registers++;
    }

    private long allocate(CType type) {
        long alignment = Declarations.alignment(type);
        stackAlignment = Math.max(stackAlignment, alignment);
        long offset = Declarations.roundUp(stackBytes, alignment);
        stackBytes = offset + type.size();
        return offset;
    }

    List<Local> locals() {
        return List.copyOf(locals);
    }

    int registers() {
        return registers;
    }

    long stackBytes() {
        return Declarations.roundUp(stackBytes, stackAlignment);
    }

    long stackAlignment() {
        return stackAlignment;
    }
}
