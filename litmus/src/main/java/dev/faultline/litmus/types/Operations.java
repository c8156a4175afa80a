package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.BinaryOperator;
import dev.faultline.litmus.syntax.Span;
import dev.faultline.litmus.types.TypedExpression.Address;
import dev.faultline.litmus.types.TypedExpression.Const;

/// C's binary operators on typed values: promotions, the usual arithmetic conversions, pointer arithmetic.
final class Operations {
    private final Surroundings surroundings;

    Operations(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    TypedExpression promote(TypedExpression integer) {
        return Nodes.convert(((IntegerType) integer.type()).promoted(), integer, integer.span());
    }

    TypedExpression binary(
            BinaryOperator operator, TypedExpression left, TypedExpression right, Span operatorSpan, Span span) {
        boolean pointers = left.type() instanceof CType.Pointer || right.type() instanceof CType.Pointer;
        if (left.type() instanceof IntegerType && right.type() instanceof IntegerType) {
            return integers(operator, left, right, operatorSpan, span);
        }
        if (pointers && left.type().isScalar() && right.type().isScalar()) {
            return pointers(operator, left, right, operatorSpan, span);
        }
        throw mismatch(operator, left, right, operatorSpan, "integers or pointers");
    }

    private TypedExpression integers(
            BinaryOperator operator, TypedExpression left, TypedExpression right, Span operatorSpan, Span span) {
        if (operator.isShift()) {
            return shift(operator, promote(left), promote(right), operatorSpan, span);
        }
        IntegerType common = IntegerType.common((IntegerType) left.type(), (IntegerType) right.type());
        TypedExpression a = Nodes.convert(common, left, left.span());
        TypedExpression b = Nodes.convert(common, right, right.span());
        checkDivision(operator, common, a, b, operatorSpan);
        return Nodes.binary(operator, operator.isComparison() ? IntegerType.INT : common, a, b, span);
    }

    private void checkDivision(
            BinaryOperator operator, IntegerType type, TypedExpression left, TypedExpression right, Span span) {
        // A division by 0 traps whatever is divided; any other trap needs both sides to be known.
        long dividend = left instanceof Const known ? known.value() : 0;
        if (right instanceof Const divisor && Arithmetic.traps(operator, type, dividend, divisor.value())) {
            throw surroundings.reject(span, "a division by " + divisor.value() + " traps", "another divisor");
        }
    }

    private TypedExpression shift(
            BinaryOperator operator, TypedExpression value, TypedExpression count, Span operatorSpan, Span span) {
        int bits = ((IntegerType) value.type()).bits();
        if (count instanceof Const known && (known.value() < 0 || known.value() >= bits)) {
            throw surroundings.reject(operatorSpan, "a shift of " + value.type() + " by " + known.value(),
                    "a count from 0 to " + (bits - 1));
        }
        return Nodes.binary(operator, value.type(), value, count, span);
    }

    private TypedExpression pointers(
            BinaryOperator operator, TypedExpression left, TypedExpression right, Span operatorSpan, Span span) {
        if (operator.isComparison()) {
            return compare(operator, left, right, operatorSpan, span);
        }
        if (operator == BinaryOperator.ADD && left.type() instanceof IntegerType) {
            return move(right, left, operator, operatorSpan, span);
        }
        if ((operator == BinaryOperator.ADD || operator == BinaryOperator.SUBTRACT)
                && right.type() instanceof IntegerType) {
            return move(left, right, operator, operatorSpan, span);
        }
        if (operator == BinaryOperator.SUBTRACT && left.type().equals(right.type())) {
            return distance(left, right, operatorSpan, span);
        }
        throw mismatch(operator, left, right, operatorSpan, "a pointer and an integer for + and -, two equal pointers for -");
    }

    private TypedExpression compare(
            BinaryOperator operator, TypedExpression left, TypedExpression right, Span operatorSpan, Span span) {
        boolean comparable = left.type() instanceof CType.Pointer a && right.type() instanceof CType.Pointer b
                && Conversions.areCompatible(a, b) || Conversions.isNull(left) || Conversions.isNull(right);
        if (!comparable) {
            throw mismatch(operator, left, right, operatorSpan, "two pointers of one type, or a pointer and NULL");
        }
        CType type = left.type() instanceof CType.Pointer ? left.type() : right.type();
        return Nodes.binary(operator, IntegerType.INT,
                Nodes.convert(type, left, left.span()), Nodes.convert(type, right, right.span()), span);
    }

    /// `pointer + count` or `pointer - count`, in elements of what it points to; `void *` counts bytes.
    TypedExpression move(
            TypedExpression pointer, TypedExpression count, BinaryOperator operator, Span operatorSpan, Span span) {
        CType target = ((CType.Pointer) pointer.type()).target();
        long size = target instanceof CType.Void ? 1 : target.size();
        TypedExpression elements = Nodes.convert(IntegerType.LONG, count, count.span());
        if (pointer instanceof Address known && elements instanceof Const(_, long number, _)) {
            long bytes = operator == BinaryOperator.ADD ? number * size : -number * size;
            return new Address(pointer.type(), known.segment(), known.offset() + bytes, span);
        }
        if (elements instanceof Const(_, long number, _) && number == 0) {
            return pointer;
        }
        TypedExpression bytes = size == 1 ? elements : Nodes.binary(BinaryOperator.MULTIPLY, IntegerType.LONG,
                elements, new Const(IntegerType.LONG, size, operatorSpan), span);
        return Nodes.binary(operator, pointer.type(), pointer, bytes, span);
    }

    private TypedExpression distance(TypedExpression left, TypedExpression right, Span operatorSpan, Span span) {
        CType target = ((CType.Pointer) left.type()).target();
        long size = target instanceof CType.Void ? 1 : target.size();
        TypedExpression bytes = Nodes.binary(BinaryOperator.SUBTRACT, IntegerType.LONG,
                Nodes.convert(IntegerType.LONG, left, left.span()),
                Nodes.convert(IntegerType.LONG, right, right.span()), span);
        return size == 1 ? bytes : Nodes.binary(BinaryOperator.DIVIDE, IntegerType.LONG, bytes,
                new Const(IntegerType.LONG, size, operatorSpan), span);
    }

    private Rejected mismatch(
            BinaryOperator operator, TypedExpression left, TypedExpression right, Span span, String expected) {
        return surroundings.reject(span,
                "'" + operator.symbol() + "' between " + left.type() + " and " + right.type(), expected);
    }
}
