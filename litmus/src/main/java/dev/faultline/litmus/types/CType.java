package dev.faultline.litmus.types;

import java.util.List;
import java.util.Optional;

/// A type of C. Sizes and alignments are in bytes, those of Linux on x86-64.
public sealed interface CType permits IntegerType, CType.Pointer, CType.Array, CType.Struct, CType.Void {
    /// A `void`.
    Void VOID = new Void();
    /// A `void *`.
    Pointer VOID_POINTER = new Pointer(VOID);

    /// {@return the size; 0 for `void`}
    long size();

    /// {@return the alignment; 1 for `void`}
    long alignment();

    /// {@return whether a value of this type fits in a register: an integer or a pointer}
    default boolean isScalar() {
        return this instanceof IntegerType || this instanceof Pointer;
    }

    /// A pointer to `target`.
    record Pointer(CType target) implements CType {
        @Override
        public long size() {
            return Long.BYTES;
        }

        @Override
        public long alignment() {
            return Long.BYTES;
        }

        @Override
        public String toString() {
            return target + (target instanceof Pointer ? "*" : " *");
        }
    }

    /// An array of `length` elements.
    record Array(CType element, long length) implements CType {
        @Override
        public long size() {
            return element.size() * length;
        }

        @Override
        public long alignment() {
            return element.alignment();
        }

        @Override
        public String toString() {
            return element + "[" + length + "]";
        }
    }

    /// A struct of the public headers. A union is a struct whose fields overlap.
    record Struct(String name, long size, long alignment, List<Field> fields) implements CType {
        /// {@return the field of that name}
        public Optional<Field> field(String wanted) {
            return fields.stream().filter(field -> field.name().equals(wanted)).findFirst();
        }

        @Override
        public String toString() {
            return "struct " + name;
        }
    }

    /// A field at `offset` bytes from the start of its struct.
    record Field(String name, CType type, long offset) {}

    /// No value.
    record Void() implements CType {
        @Override
        public long size() {
            return 0;
        }

        @Override
        public long alignment() {
            return 1;
        }

        @Override
        public String toString() {
            return "void";
        }
    }
}
