package dev.faultline.live.translate;

/// An expression of C with how tightly its outermost operator binds.
record Text(String text, int binding) {
    static final int COMMA = 0;
    static final int ASSIGNMENT = 1;
    static final int CONDITIONAL = 2;
    static final int OR = 3;
    static final int AND = 4;
    static final int BIT_OR = 5;
    static final int ADDITIVE = 11;
    static final int UNARY = 13;
    static final int POSTFIX = 14;

    static Text of(String atom) {
        return new Text(atom, POSTFIX);
    }

    /// {@return the text, in parentheses unless it binds at least so tightly}
    String at(int least) {
        return binding >= least ? text : "(" + text + ")";
    }
}
