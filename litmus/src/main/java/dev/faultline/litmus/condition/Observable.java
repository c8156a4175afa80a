package dev.faultline.litmus.condition;

import dev.faultline.litmus.types.CType;
import dev.faultline.litmus.types.Constants;
import dev.faultline.litmus.types.Global;
import dev.faultline.litmus.types.IntegerType;
import dev.faultline.litmus.types.Local;

/// Something of an execution that a condition can name: a scalar, read when the execution has ended.
public sealed interface Observable {
    /// {@return its name as conditions write it: `0:r`, `init:x`, `g[3]`, `0:errno`}
    String name();

    /// {@return its type}
    CType type();

    /// A local as its body ended.
    ///
    /// @param body the name of the body: `init`, `P0`, ..., `final`
    /// @param offset the bytes into the local at which the scalar lies; 0 unless the local is an array
    record OfLocal(String name, String body, Local local, long offset, CType type) implements Observable {}

    /// A global of the first process.
    ///
    /// @param offset the bytes into the global at which the scalar lies
    record OfGlobal(String name, Global global, long offset, CType type) implements Observable {}

    /// The `errno` of a body as it ended.
    record OfErrno(String name, String body) implements Observable {
        @Override
        public CType type() {
            return IntegerType.INT;
        }
    }

    /// The signal that ended a body, 0 if it ran to its end.
    record OfSignal(String name, String body) implements Observable {
        @Override
        public CType type() {
            return IntegerType.INT;
        }
    }

    /// {@return a value as outcomes print it. Errors and signals have their names; a pointer is `NULL`,
    /// `MAP_FAILED` or just `pointer`, as its address says nothing about the program}
    default String print(long value) {
        return switch (this) {
            case OfErrno _ -> value == 0 ? "0" : named("E", value);
            case OfSignal _ -> value == 0 ? "0" : named("SIG", value);
            case OfLocal _, OfGlobal _ when type() instanceof CType.Pointer ->
                value == 0 ? "NULL" : value == -1 ? "MAP_FAILED" : "pointer";
            case OfLocal _, OfGlobal _ -> isSigned() ? Long.toString(value) : Long.toUnsignedString(value);
        };
    }

    private boolean isSigned() {
        return type() instanceof IntegerType integer && integer.isSigned();
    }

    private static String named(String prefix, long value) {
        return Constants.names().stream()
                .filter(name -> name.startsWith(prefix) && Constants.named(name).orElseThrow().value() == value)
                .findFirst().orElseGet(() -> Long.toString(value));
    }
}
