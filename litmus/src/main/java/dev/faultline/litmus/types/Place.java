package dev.faultline.litmus.types;

/// What an expression stands for on the left of an assignment.
sealed interface Place {
    /// {@return the type of what is there}
    CType type();

    /// A register.
    record InRegister(CType type, int slot) implements Place {}

    /// Memory at `address`, which has the type of a pointer to `type`.
    record InMemory(CType type, TypedExpression address) implements Place {}

    /// `errno`.
    record Errno() implements Place {
        @Override
        public CType type() {
            return IntegerType.INT;
        }
    }
}
