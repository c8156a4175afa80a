package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.BinaryOperator;
import dev.faultline.litmus.syntax.Expression.LogicalOperator;
import dev.faultline.litmus.syntax.Span;
import dev.faultline.litmus.types.TypedExpression.Address;
import dev.faultline.litmus.types.TypedExpression.Binary;
import dev.faultline.litmus.types.TypedExpression.Const;
import dev.faultline.litmus.types.TypedExpression.Convert;
import dev.faultline.litmus.types.TypedExpression.Unary;
import dev.faultline.litmus.types.TypedExpression.UnaryOperation;

/// Makes nodes, and computes at once what is known at load time. The operands already have the right types.
final class Nodes {
    private Nodes() {}

    static TypedExpression convert(CType type, TypedExpression operand, Span span) {
        if (operand.type().equals(type)) {
            return operand;
        }
        return switch (operand) {
            case Const known when type.isScalar() -> new Const(type, Arithmetic.convert(type, known.value()), span);
            case Address address when type instanceof CType.Pointer ->
                new Address(type, address.segment(), address.offset(), address.span());
            default -> new Convert(type, operand, span);
        };
    }

    static TypedExpression unary(UnaryOperation operation, CType type, TypedExpression operand, Span span) {
        return operand instanceof Const known
                ? new Const(type, Arithmetic.unary(operation, operand.type(), known.value()), span)
                : new Unary(operation, type, operand, span);
    }

    /// The caller has excluded a constant division that traps.
    static TypedExpression binary(
            BinaryOperator operator, CType type, TypedExpression left, TypedExpression right, Span span) {
        CType operandType = left.type();
        if (left instanceof Const a && right instanceof Const b) {
            return new Const(type, Arithmetic.binary(operator, operandType, a.value(), b.value()), span);
        }
        return new Binary(operator, operandType, type, left, right, span);
    }

    static TypedExpression logical(LogicalOperator operator, TypedExpression left, TypedExpression right, Span span) {
        if (left instanceof Const(_, long known, _)) {
            boolean decided = operator == LogicalOperator.AND ? known == 0 : known != 0;
            if (decided) {
                return new Const(IntegerType.INT, known != 0 ? 1 : 0, span);
            }
            if (right instanceof Const(_, long other, _)) {
                return new Const(IntegerType.INT, other != 0 ? 1 : 0, span);
            }
        }
        return new TypedExpression.Logical(operator, left, right, span);
    }

    /// {@return the address `bytes` further, as a pointer of `type`}
    static TypedExpression offset(TypedExpression address, long bytes, CType type, Span span) {
        return switch (address) {
            case Address known -> new Address(type, known.segment(), known.offset() + bytes, span);
            case Const known -> new Const(type, known.value() + bytes, span);
            default -> bytes == 0
                    ? convert(type, address, span)
                    : new Binary(BinaryOperator.ADD, type, type, convert(type, address, span),
                            new Const(IntegerType.LONG, bytes, span), span);
        };
    }
}
