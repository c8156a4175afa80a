package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.Span;
import dev.faultline.litmus.types.TypedExpression.Const;

/// C's implicit conversions, and the refusals where C has none.
final class Conversions {
    private final Surroundings surroundings;

    Conversions(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    /// {@return `value` as one of `target`, as by an assignment; `role` names it in messages}
    TypedExpression assign(TypedExpression value, CType target, Span span, String role) {
        if (value.type() instanceof CType.Void) {
            throw surroundings.reject(span, surroundings.quote(span) + " has no value", "a value of type " + target);
        }
        if (!isAssignable(value, target)) {
            throw surroundings.reject(span, role + " has type " + value.type(), target + ", or a cast to it");
        }
        return Nodes.convert(target, value, span);
    }

    private static boolean isAssignable(TypedExpression value, CType target) {
        if (target instanceof CType.Pointer to) {
            return isNull(value) || value.type() instanceof CType.Pointer from && areCompatible(from, to);
        }
        return target instanceof IntegerType && value.type() instanceof IntegerType;
    }

    /// {@return whether C lets one pointer stand for the other: equal, one to `void`, or differing in sign}
    static boolean areCompatible(CType.Pointer left, CType.Pointer right) {
        return left.equals(right) || left.target() instanceof CType.Void || right.target() instanceof CType.Void
                || left.target() instanceof IntegerType a && right.target() instanceof IntegerType b
                        && a.sameButForSign(b);
    }

    /// {@return whether this is C's null pointer constant: 0, or 0 cast to `void *`}
    static boolean isNull(TypedExpression value) {
        return value instanceof Const(var type, long bits, _) && bits == 0
                && (type instanceof IntegerType || type.equals(CType.VOID_POINTER));
    }

    /// {@return the type of `test ? left : right` where at least one is a pointer}
    CType.Pointer commonPointer(TypedExpression left, TypedExpression right, Span span) {
        if (left.type() instanceof CType.Pointer a && (isNull(right) || a.equals(right.type()))) {
            return a;
        }
        if (right.type() instanceof CType.Pointer b && isNull(left)) {
            return b;
        }
        if (left.type() instanceof CType.Pointer a && right.type() instanceof CType.Pointer b && areCompatible(a, b)) {
            return a.target() instanceof CType.Void ? a : b.target() instanceof CType.Void ? b : a;
        }
        throw surroundings.reject(span, "'" + left.type() + "' and '" + right.type() + "' do not go together",
                "two integers or two pointers of one type");
    }
}
