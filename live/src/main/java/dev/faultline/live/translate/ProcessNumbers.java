package dev.faultline.live.translate;

import dev.faultline.litmus.condition.Observable;
import dev.faultline.litmus.types.Local;
import dev.faultline.litmus.types.Program;
import dev.faultline.litmus.types.TypedExpression;
import dev.faultline.litmus.types.TypedStatement;
import java.util.List;

/// Which values are numbers of processes: they say nothing, and differ between model and host and from round to round.
public final class ProcessNumbers {
    private static final List<String> CALLS = List.of("fork", "wait", "waitpid", "getpid");

    private ProcessNumbers() {}

    /// {@return whether an observable is a local that is set to what fork, wait or getpid come to}
    public static boolean holds(Program program, Observable observable) {
        return observable instanceof Observable.OfLocal of
                && of.local().storage() instanceof Local.Storage.Register(int slot)
                && program.body(of.body()).filter(body -> sets(body.code(), slot)).isPresent();
    }

    private static boolean sets(TypedStatement statement, int slot) {
        return switch (statement) {
            case TypedStatement.Block block -> block.statements().stream().anyMatch(inner -> sets(inner, slot));
            case TypedStatement.Evaluate evaluate -> sets(evaluate.expression(), slot);
            case TypedStatement.If choice -> sets(choice.chosen(), slot) || sets(choice.otherwise(), slot);
            case TypedStatement.Loop loop -> sets(loop.body(), slot) || sets(loop.step(), slot);
            case TypedStatement.Fill _, TypedStatement.Break _, TypedStatement.Continue _, TypedStatement.Return _ -> false;
        };
    }

    private static boolean sets(TypedExpression expression, int slot) {
        return expression instanceof TypedExpression.RegisterAssign assign && assign.slot() == slot
                && isProcessCall(assign.value());
    }

    private static boolean isProcessCall(TypedExpression value) {
        return switch (value) {
            case TypedExpression.Convert convert -> isProcessCall(convert.operand());
            case TypedExpression.Call call -> CALLS.contains(call.signature().name());
            default -> false;
        };
    }
}
