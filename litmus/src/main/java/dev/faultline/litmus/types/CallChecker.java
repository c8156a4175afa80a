package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.BinaryOperator;
import dev.faultline.litmus.syntax.Expression;
import dev.faultline.litmus.types.CallSignature.Parameter;
import dev.faultline.litmus.types.TypedExpression.Const;
import java.util.ArrayList;
import java.util.List;

/// Types calls: the right arguments, and only calls that there is a model for.
final class CallChecker {
    private final Surroundings surroundings;
    private final ExpressionChecker expressions;
    private final Conversions conversions;

    CallChecker(Surroundings surroundings, ExpressionChecker expressions, Conversions conversions) {
        this.surroundings = surroundings;
        this.expressions = expressions;
        this.conversions = conversions;
    }

    TypedExpression call(Expression.Call call) {
        CallSignature signature = signature(call);
        checkCount(call, signature);
        List<TypedExpression> arguments = new ArrayList<>();
        for (int i = 0; i < call.arguments().size(); i++) {
            arguments.add(argument(call, signature, i));
        }
        return new TypedExpression.Call(signature, List.copyOf(arguments), call.span());
    }

    private CallSignature signature(Expression.Call call) {
        String name = call.name().text();
        CallSignature signature = Calls.named(name).orElseThrow(() -> {
            surroundings.diagnostics().reportUnknown(call.name(), "'" + name + "' is not a call of this language",
                    "one of its calls", Calls.names());
            return new Rejected();
        });
        if (!surroundings.modelled().calls().contains(name)) {
            throw surroundings.reject(call.name().span(), "'" + name + "' is not modelled yet",
                    "one of " + String.join(", ", surroundings.modelled().calls()));
        }
        return signature;
    }

    private void checkCount(Expression.Call call, CallSignature signature) {
        int given = call.arguments().size();
        if (given < signature.required() || given > signature.parameters().size()) {
            String few = given < signature.required() ? "too few" : "too many";
            throw surroundings.reject(call.span(),
                    few + " arguments: " + given + " for " + call.name(), signature.prototype());
        }
    }

    private TypedExpression argument(Expression.Call call, CallSignature signature, int index) {
        Expression argument = call.arguments().get(index);
        Parameter parameter = signature.parameters().get(index);
        if (signature.name().equals("assert")) {
            TypedExpression tested = expressions.scalar(argument);
            return expressions.binary(BinaryOperator.NOT_EQUAL, tested,
                    new Const(IntegerType.INT, 0, argument.span()), argument.span());
        }
        if (parameter.type().isEmpty()) {
            return expressions.scalar(argument);
        }
        return conversions.assign(expressions.value(argument), parameter.type().get(), argument.span(),
                "argument " + (index + 1) + " of " + call.name() + " (" + parameter.name() + ")");
    }
}
