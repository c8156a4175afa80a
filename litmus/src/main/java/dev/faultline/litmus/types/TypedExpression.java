package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.BinaryOperator;
import dev.faultline.litmus.syntax.Expression.LogicalOperator;
import dev.faultline.litmus.syntax.Span;
import java.util.List;

/// An expression with its type, ready to be compiled or interpreted without further thought.
///
/// Every value is a scalar, held in a Java `long` in the canonical form of [IntegerType]; a pointer is its
/// address. Every conversion that C makes by itself is a [Convert] here, every array has become the address
/// of its first element, every access to memory is a [Load], a [Store] or a [CopyStruct], and every address
/// is computed once, compound assignments included. Operands are evaluated from left to right: the address
/// of a store before its value.
public sealed interface TypedExpression {
    /// {@return the type of the value; `void` where there is none}
    CType type();

    /// {@return where it stands}
    Span span();

    /// A value known at load time.
    record Const(CType type, long value, Span span) implements TypedExpression {}

    /// The value of a register.
    record RegisterRead(CType type, int slot, Span span) implements TypedExpression {}

    /// Sets a register; its value is the one set.
    record RegisterAssign(CType type, int slot, TypedExpression value, Span span) implements TypedExpression {}

    /// The address of `offset` bytes into a segment.
    record Address(CType type, Segment segment, long offset, Span span) implements TypedExpression {}

    /// Reads a scalar of `type` at an address.
    record Load(CType type, TypedExpression address, Span span) implements TypedExpression {}

    /// Writes a scalar of `type`; its value is the one written.
    record Store(CType type, TypedExpression address, TypedExpression value, Span span) implements TypedExpression {}

    /// Copies a struct from address `source` to address `target`; no value.
    record CopyStruct(CType.Struct struct, TypedExpression target, TypedExpression source, Span span)
            implements TypedExpression {
        @Override
        public CType type() {
            return CType.VOID;
        }
    }

    /// An operation on one value, whose type is `operand.type()`.
    record Unary(UnaryOperation operation, CType type, TypedExpression operand, Span span)
            implements TypedExpression {}

    /// An operation on two values of `operandType` (the count of a shift may have any type).
    /// [Arithmetic#binary] says what it computes and [Arithmetic#traps] when it cannot.
    record Binary(
            BinaryOperator operator, CType operandType, CType type, TypedExpression left, TypedExpression right,
            Span span) implements TypedExpression {}

    /// `&&` or `||`: an `int`, 0 or 1; the right side is evaluated only if it matters.
    record Logical(LogicalOperator operator, TypedExpression left, TypedExpression right, Span span)
            implements TypedExpression {
        @Override
        public CType type() {
            return IntegerType.INT;
        }
    }

    /// `test ? chosen : otherwise`; `test` is true if it is not 0.
    record Conditional(
            CType type, TypedExpression test, TypedExpression chosen, TypedExpression otherwise, Span span)
            implements TypedExpression {}

    /// Evaluates `first`, then `second`, whose value it has.
    record Sequence(TypedExpression first, TypedExpression second, Span span) implements TypedExpression {
        @Override
        public CType type() {
            return second.type();
        }
    }

    /// A value as one of another type: [Arithmetic#convert]. To `void` it drops the value.
    record Convert(CType type, TypedExpression operand, Span span) implements TypedExpression {
        /// {@return whether the `long` that holds the value may change; if not, this costs nothing}
        public boolean changesValue() {
            return type instanceof IntegerType to && to.size() < Long.BYTES
                    && !(operand.type() instanceof IntegerType from && from.fitsIn(to));
        }
    }

    /// A call; its arguments have the types of the parameters, an optional one may be absent.
    record Call(CallSignature signature, List<TypedExpression> arguments, Span span) implements TypedExpression {
        @Override
        public CType type() {
            return signature.result();
        }
    }

    /// The `errno` of the task.
    record ErrnoRead(Span span) implements TypedExpression {
        @Override
        public CType type() {
            return IntegerType.INT;
        }
    }

    /// Sets the `errno` of the task; its value is the one set.
    record ErrnoAssign(TypedExpression value, Span span) implements TypedExpression {
        @Override
        public CType type() {
            return IntegerType.INT;
        }
    }

    /// The operations on one value.
    enum UnaryOperation { NEGATE, COMPLEMENT, NOT }
}
