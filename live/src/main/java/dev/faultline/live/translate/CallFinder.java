package dev.faultline.live.translate;

import dev.faultline.litmus.types.TypedExpression;
import dev.faultline.litmus.types.TypedStatement;

/// Looks for calls in code.
final class CallFinder {
    private CallFinder() {}

    /// {@return whether a statement or a part of it makes that call}
    static boolean makes(TypedStatement statement, String name) {
        return switch (statement) {
            case TypedStatement.Block block -> block.statements().stream().anyMatch(inner -> makes(inner, name));
            case TypedStatement.Evaluate evaluate -> makes(evaluate.expression(), name);
            case TypedStatement.If choice -> makes(choice.test(), name) || makes(choice.chosen(), name)
                    || makes(choice.otherwise(), name);
            case TypedStatement.Loop loop -> makes(loop.test(), name) || makes(loop.body(), name) || makes(loop.step(), name);
            case TypedStatement.Fill _, TypedStatement.Break _, TypedStatement.Continue _, TypedStatement.Return _ -> false;
        };
    }

    private static boolean makes(TypedExpression expression, String name) {
        return Effects.any(expression, part ->
                part instanceof TypedExpression.Call call && call.signature().name().equals(name));
    }
}
