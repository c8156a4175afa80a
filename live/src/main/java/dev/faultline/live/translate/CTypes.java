package dev.faultline.live.translate;

import dev.faultline.litmus.types.CType;
import dev.faultline.litmus.types.IntegerType;

/// Types as C declares them. Every object in memory is volatile: each access of the program is one of the machine.
final class CTypes {
    private static final long PAGE_SIZE = 4096;

    private CTypes() {}

    /// {@return the declaration of `name` as an object that may be accessed at any time}
    static String volatileObject(CType type, String name) {
        return switch (type) {
            case CType.Array(CType element, long length) -> volatileObject(element, name + "[" + length + "]");
            case CType.Pointer(CType target) -> volatileObject(target, "*volatile " + name);
            case CType.Struct _, CType.Void _, IntegerType _ -> "volatile " + type + " " + name;
        };
    }

    /// {@return the declaration of `name` as a value of its own, which nobody else sees}
    static String value(CType type, String name) {
        return switch (type) {
            case CType.Pointer(CType target) -> volatileObject(target, "*" + name);
            case CType.Array _, CType.Struct _, CType.Void _, IntegerType _ -> type + " " + name;
        };
    }

    /// {@return the name of a type, for a cast}
    static String cast(CType type) {
        return "(" + value(type, "").strip() + ")";
    }

    /// {@return what stands before the declaration of a variable for its place in memory: pages of its own where it
    /// has a page or more}
    static String placing(CType type) {
        return type.size() >= PAGE_SIZE ? "_Alignas(4096) " : "";
    }
}
