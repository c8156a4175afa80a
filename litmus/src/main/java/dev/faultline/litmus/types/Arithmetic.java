package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.BinaryOperator;
import dev.faultline.litmus.types.TypedExpression.UnaryOperation;

/// What C's operators compute, on values in the canonical form of [IntegerType]; a pointer computes as an
/// `unsigned long`. Where C leaves it open this is what x86-64 does: signed overflow wraps, and a shift
/// looks at the low 5 bits of its count, or 6 for a type of 64 bits.
public final class Arithmetic {
    private Arithmetic() {}

    /// {@return whether the division traps (SIGFPE): by zero, or the least signed value by -1}
    public static boolean traps(BinaryOperator operator, CType operandType, long left, long right) {
        if (operator != BinaryOperator.DIVIDE && operator != BinaryOperator.REMAINDER) {
            return false;
        }
        IntegerType type = integer(operandType);
        return right == 0 || type.isSigned() && right == -1 && left == type.normalise(1L << type.bits() - 1);
    }

    /// {@return `left operator right`, both of `operandType` (the count of a shift may have any type), in the
    /// canonical form of the result; the caller has excluded what [#traps]}
    public static long binary(BinaryOperator operator, CType operandType, long left, long right) {
        IntegerType type = integer(operandType);
        return switch (operator) {
            case MULTIPLY -> type.normalise(left * right);
            case DIVIDE -> type.normalise(type.isSigned() ? left / right : Long.divideUnsigned(left, right));
            case REMAINDER -> type.normalise(type.isSigned() ? left % right : Long.remainderUnsigned(left, right));
            case ADD -> type.normalise(left + right);
            case SUBTRACT -> type.normalise(left - right);
            case SHIFT_LEFT -> type.normalise(left << count(type, right));
            case SHIFT_RIGHT -> type.isSigned() ? left >> count(type, right) : left >>> count(type, right);
            case LESS -> truth(compare(type, left, right) < 0);
            case LESS_EQUAL -> truth(compare(type, left, right) <= 0);
            case GREATER -> truth(compare(type, left, right) > 0);
            case GREATER_EQUAL -> truth(compare(type, left, right) >= 0);
            case EQUAL -> truth(left == right);
            case NOT_EQUAL -> truth(left != right);
            case BIT_AND -> left & right;
            case BIT_XOR -> left ^ right;
            case BIT_OR -> left | right;
        };
    }

    /// {@return `operation value`, for a value of `operandType`}
    public static long unary(UnaryOperation operation, CType operandType, long value) {
        return switch (operation) {
            case NEGATE -> integer(operandType).normalise(-value);
            case COMPLEMENT -> integer(operandType).normalise(~value);
            case NOT -> truth(value == 0);
        };
    }

    /// {@return `value`, a scalar in canonical form, as one of `type`}
    public static long convert(CType type, long value) {
        return integer(type).normalise(value);
    }

    /// {@return how two values of `type` compare: negative, zero or positive}
    public static int compare(CType type, long left, long right) {
        return integer(type).isSigned() ? Long.compare(left, right) : Long.compareUnsigned(left, right);
    }

    private static int count(IntegerType type, long count) {
        return (int) count & (type.size() == Long.BYTES ? 63 : 31);
    }

    private static long truth(boolean holds) {
        return holds ? 1 : 0;
    }

    private static IntegerType integer(CType scalar) {
        return switch (scalar) {
            case IntegerType integer -> integer;
            case CType.Pointer _ -> IntegerType.UNSIGNED_LONG;
            case CType.Array _, CType.Struct _, CType.Void _ ->
                throw new IllegalArgumentException("not a scalar: " + scalar);
        };
    }
}
