package dev.faultline.litmus.syntax;

import java.util.List;

/// A C expression as written. Parentheses are gone: the tree has them.
public sealed interface Expression {
    /// {@return where it stands}
    Span span();

    /// An integer literal. `bits` is its value as 64 unsigned bits.
    record IntegerLiteral(long bits, Base base, Suffix suffix, Span span) implements Expression {}

    /// A character constant; C gives it type `int`.
    record CharacterLiteral(int value, Span span) implements Expression {}

    /// A string literal, escapes undone, without its closing NUL.
    record StringLiteral(Bytes bytes, Span span) implements Expression {}

    /// A variable or a constant, by name.
    record Name(Word name) implements Expression {
        @Override
        public Span span() {
            return name.span();
        }
    }

    /// `NAME(ARGUMENTS)`.
    record Call(Word name, List<Expression> arguments, Span span) implements Expression {}

    /// `array[subscript]`.
    record Index(Expression array, Expression subscript, Span span) implements Expression {}

    /// `object.name`.
    record Member(Expression object, Word name, Span span) implements Expression {}

    /// `pointer->name`.
    record Arrow(Expression pointer, Word name, Span span) implements Expression {}

    /// `++` or `--`, before or behind.
    record Step(StepOperator operator, Expression target, Span span) implements Expression {}

    /// A unary operator that changes nothing.
    record Unary(UnaryOperator operator, Expression operand, Span span) implements Expression {}

    /// `sizeof EXPRESSION`.
    record SizeofValue(Expression operand, Span span) implements Expression {}

    /// `sizeof (TYPE)`.
    record SizeofType(TypeName type, Span span) implements Expression {}

    /// `(TYPE) EXPRESSION`.
    record Cast(TypeName type, Expression operand, Span span) implements Expression {}

    /// A binary operator that changes nothing. `operatorSpan` is the place of the operator itself.
    record Binary(BinaryOperator operator, Expression left, Expression right, Span operatorSpan, Span span)
            implements Expression {}

    /// `left && right` or `left || right`.
    record Logical(LogicalOperator operator, Expression left, Expression right, Span span) implements Expression {}

    /// `test ? chosen : otherwise`.
    record Conditional(Expression test, Expression chosen, Expression otherwise, Span span) implements Expression {}

    /// `target = value`.
    record Assign(Expression target, Expression value, Span operatorSpan, Span span) implements Expression {}

    /// `target operator= value`.
    record CompoundAssign(
            BinaryOperator operator, Expression target, Expression value, Span operatorSpan, Span span)
            implements Expression {}

    /// `first, second`.
    record Comma(Expression first, Expression second, Span span) implements Expression {}

    /// How an integer literal is written.
    enum Base { DECIMAL, HEXADECIMAL, OCTAL, BINARY }

    /// What ends an integer literal. `ll` counts as [#LL] although it is as wide as [#L].
    enum Suffix { NONE, U, L, UL, LL, ULL }

    /// The unary operators that change nothing.
    enum UnaryOperator { PLUS, NEGATE, COMPLEMENT, NOT, DEREFERENCE, ADDRESS }

    /// `++x`, `--x`, `x++`, `x--`.
    enum StepOperator {
        PRE_INCREMENT, PRE_DECREMENT, POST_INCREMENT, POST_DECREMENT;

        /// {@return whether the value of the expression is the one from before the change}
        public boolean isPostfix() {
            return this == POST_INCREMENT || this == POST_DECREMENT;
        }

        /// {@return whether it counts up}
        public boolean isIncrement() {
            return this == PRE_INCREMENT || this == POST_INCREMENT;
        }
    }

    /// The operators that need their right side only sometimes.
    enum LogicalOperator { AND, OR }
}
