package dev.faultline.live.translate;

import dev.faultline.litmus.types.TypedExpression;
import java.util.List;
import java.util.function.Predicate;

/// What evaluating expressions may do to each other: C leaves the order of operands open, the language does not.
final class Effects {
    private Effects() {}

    /// {@return whether it matters which of two operands is evaluated first}
    static boolean ordered(TypedExpression first, TypedExpression second) {
        return reaches(first) && reaches(second)
                || assigns(first) && reads(second) || reads(first) && assigns(second);
    }

    /// {@return whether an expression touches more than the registers of its body}
    private static boolean reaches(TypedExpression expression) {
        return any(expression, part -> switch (part) {
            case TypedExpression.Load _, TypedExpression.Store _, TypedExpression.CopyStruct _,
                    TypedExpression.Call _, TypedExpression.ErrnoRead _, TypedExpression.ErrnoAssign _ -> true;
            default -> false;
        });
    }

    private static boolean assigns(TypedExpression expression) {
        return any(expression, part -> part instanceof TypedExpression.RegisterAssign);
    }

    private static boolean reads(TypedExpression expression) {
        return any(expression, part ->
                part instanceof TypedExpression.RegisterRead || part instanceof TypedExpression.RegisterAssign);
    }

    /// {@return whether an expression or a part of it is so}
    static boolean any(TypedExpression expression, Predicate<TypedExpression> wanted) {
        return wanted.test(expression) || parts(expression).stream().anyMatch(part -> any(part, wanted));
    }

    /// {@return the operands of an expression, in the order in which they are evaluated}
    static List<TypedExpression> parts(TypedExpression expression) {
        return switch (expression) {
            case TypedExpression.Const _, TypedExpression.RegisterRead _, TypedExpression.Address _,
                    TypedExpression.ErrnoRead _ -> List.of();
            case TypedExpression.RegisterAssign assign -> List.of(assign.value());
            case TypedExpression.Load load -> List.of(load.address());
            case TypedExpression.Store store -> List.of(store.address(), store.value());
            case TypedExpression.CopyStruct copy -> List.of(copy.target(), copy.source());
            case TypedExpression.Unary unary -> List.of(unary.operand());
            case TypedExpression.Binary binary -> List.of(binary.left(), binary.right());
            case TypedExpression.Logical logical -> List.of(logical.left(), logical.right());
            case TypedExpression.Conditional conditional ->
                List.of(conditional.test(), conditional.chosen(), conditional.otherwise());
            case TypedExpression.Sequence sequence -> List.of(sequence.first(), sequence.second());
            case TypedExpression.Convert convert -> List.of(convert.operand());
            case TypedExpression.Call call -> call.arguments();
            case TypedExpression.ErrnoAssign assign -> List.of(assign.value());
        };
    }
}
