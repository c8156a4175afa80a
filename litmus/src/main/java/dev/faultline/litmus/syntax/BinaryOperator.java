package dev.faultline.litmus.syntax;

/// C's binary operators that evaluate both sides and change nothing.
public enum BinaryOperator {
    MULTIPLY("*"), DIVIDE("/"), REMAINDER("%"),
    ADD("+"), SUBTRACT("-"),
    SHIFT_LEFT("<<"), SHIFT_RIGHT(">>"),
    LESS("<"), LESS_EQUAL("<="), GREATER(">"), GREATER_EQUAL(">="),
    EQUAL("=="), NOT_EQUAL("!="),
    BIT_AND("&"), BIT_XOR("^"), BIT_OR("|");

    private final String symbol;

    BinaryOperator(String symbol) {
        this.symbol = symbol;
    }

    /// {@return the operator as C writes it}
    public String symbol() {
        return symbol;
    }

    /// {@return whether the result is a truth value, an `int` that is 0 or 1}
    public boolean isComparison() {
        return compareTo(LESS) >= 0 && compareTo(NOT_EQUAL) <= 0;
    }

    /// {@return whether this is a shift: its sides are promoted each by itself}
    public boolean isShift() {
        return this == SHIFT_LEFT || this == SHIFT_RIGHT;
    }

    /// {@return the operator that C writes as `symbol`}
    static BinaryOperator of(String symbol) {
        for (BinaryOperator operator : values()) {
            if (operator.symbol.equals(symbol)) {
                return operator;
            }
        }
        throw new IllegalArgumentException("no binary operator: " + symbol);
    }
}
