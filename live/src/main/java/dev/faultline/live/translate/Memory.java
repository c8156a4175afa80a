package dev.faultline.live.translate;

import dev.faultline.litmus.types.Body;
import dev.faultline.litmus.types.CType;
import dev.faultline.litmus.types.Global;
import dev.faultline.litmus.types.IntegerType;
import dev.faultline.litmus.types.Local;
import dev.faultline.litmus.types.Program;
import dev.faultline.litmus.types.Segment;
import dev.faultline.litmus.types.TypedExpression.Address;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Names for what lies in memory: globals, locals in a frame, literals.
final class Memory {
    /// The struct of all globals.
    static final String GLOBALS = "global";

    private final Program program;
    private final List<String> mounts;
    private final List<Named> frame;

    /// A variable at `offset` bytes into its segment, as the C program calls it.
    record Named(String name, CType type, long offset) {}

    private Memory(Program program, List<String> mounts, List<Named> frame) {
        this.program = program;
        this.mounts = mounts;
        this.frame = frame;
    }

    /// {@return what the code of a body sees}
    ///
    /// @param mounts where file systems are mounted
    static Memory of(Program program, List<String> mounts, Body body) {
        List<Named> frame = new ArrayList<>();
        for (Local local : body.locals()) {
            if (local.storage() instanceof Local.Storage.Stack(long offset)) {
                String name = unique(local.name(), frame.stream().map(Named::name).toList());
                frame.add(new Named(name, local.type(), offset));
            }
        }
        return new Memory(program, List.copyOf(mounts), List.copyOf(frame));
    }

    /// {@return `name`, with a number behind it where it is taken}
    static String unique(String name, List<String> taken) {
        String candidate = name;
        for (int number = 2; taken.contains(candidate); number++) {
            candidate = name + "_" + number;
        }
        return candidate;
    }

    /// {@return the locals that lie in memory, in the order of their addresses}
    List<Named> frame() {
        return frame;
    }

    /// {@return the struct of the locals of a body}
    static String frameName(Body body) {
        return body.name() + "_stack";
    }

    private record Found(String text, CType type, long rest) {}

    /// {@return a scalar or struct of `type` at an address, as something to read or to assign to}
    Text object(Address address, CType type, Body body) {
        return find(address, body).flatMap(found -> narrow(found, type)).map(found -> Text.of(found.text()))
                .orElseGet(() -> new Text("*" + new Text(raw(address, new CType.Pointer(type), body), Text.UNARY).at(Text.UNARY),
                        Text.UNARY));
    }

    /// {@return an address as a value}
    Text address(Address address, Body body) {
        if (address.segment() == Segment.READ_ONLY) {
            return Text.of(Literal.quote(path(program.readOnlyText(address.offset()))));
        }
        CType target = address.type() instanceof CType.Pointer(CType pointed) ? pointed : CType.VOID;
        Optional<Text> named = find(address, body).flatMap(found -> pointer(found, target));
        return named.orElseGet(() -> new Text(raw(address, address.type(), body), Text.UNARY));
    }

    private Optional<Text> pointer(Found found, CType target) {
        if (target instanceof CType.Void) {
            return pointerToAny(found);
        }
        if (found.type() instanceof CType.Array(CType element, long length) && element.equals(target)
                && found.rest() % element.size() == 0 && found.rest() / element.size() <= length) {
            long index = found.rest() / element.size();
            return Optional.of(index == 0 ? Text.of(found.text()) : new Text(found.text() + " + " + index, Text.ADDITIVE));
        }
        return narrow(found, target).map(object -> new Text("&" + object.text(), Text.UNARY));
    }

    private Optional<Text> pointerToAny(Found found) {
        if (found.type() instanceof CType.Array(CType element, long length) && element.size() == 1 && found.rest() <= length) {
            return pointer(found, element);
        }
        return found.rest() == 0 ? Optional.of(found.type() instanceof CType.Array
                ? Text.of(found.text()) : new Text("&" + found.text(), Text.UNARY)) : Optional.empty();
    }

    /// {@return the part of a variable that has that type and begins there}
    private static Optional<Found> narrow(Found found, CType wanted) {
        if (found.rest() == 0 && alike(found.type(), wanted)) {
            return Optional.of(found);
        }
        return switch (found.type()) {
            case CType.Array(CType element, long length) when found.rest() < element.size() * length ->
                narrow(new Found(found.text() + "[" + found.rest() / element.size() + "]", element,
                        found.rest() % element.size()), wanted);
            case CType.Struct struct -> struct.fields().stream()
                    .filter(field -> field.offset() <= found.rest() && found.rest() < field.offset() + field.type().size())
                    .flatMap(field -> narrow(new Found(found.text() + "." + field.name(), field.type(),
                            found.rest() - field.offset()), wanted).stream())
                    .findFirst();
            default -> Optional.empty();
        };
    }

    /// {@return whether reading or writing a value of one type does the same as of the other}
    private static boolean alike(CType type, CType wanted) {
        return type.equals(wanted) || type instanceof CType.Pointer && wanted instanceof CType.Pointer;
    }

    private Optional<Found> find(Address address, Body body) {
        return switch (address.segment()) {
            case DATA -> globals(program).stream().filter(named -> holds(named, address.offset())).reduce((a, b) -> b)
                    .map(named -> new Found(GLOBALS + "." + named.name(), named.type(), address.offset() - named.offset()));
            case STACK -> frame.stream().filter(named -> holds(named, address.offset())).reduce((a, b) -> b)
                    .map(named -> new Found(frameName(body) + "." + named.name(), named.type(),
                            address.offset() - named.offset()));
            case READ_ONLY -> Optional.empty();
        };
    }

    private static boolean holds(Named named, long offset) {
        return named.offset() <= offset && offset <= named.offset() + named.type().size();
    }

    /// {@return the globals, in the order of their addresses}
    static List<Named> globals(Program program) {
        return program.globals().stream().map(Memory::named).toList();
    }

    private static Named named(Global global) {
        return new Named(global.name(), global.type(), global.offset());
    }

    private static String raw(Address address, CType type, Body body) {
        String base = switch (address.segment()) {
            case DATA -> "&" + GLOBALS;
            case STACK -> "&" + frameName(body);
            case READ_ONLY -> throw new IllegalArgumentException("literals have texts");
        };
        return CTypes.cast(type) + "(" + CTypes.cast(new CType.Pointer(IntegerType.CHAR)) + base + " + "
                + address.offset() + ")";
    }

    /// {@return a text, or if it is a path to a mounted file system, the one below the folder in which the program runs}
    private String path(String text) {
        return mounts.stream().anyMatch(mount -> text.equals(mount) || text.startsWith(mount + "/"))
                ? text.substring(1) : text;
    }
}
