package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.BinaryOperator;
import dev.faultline.litmus.syntax.Expression;
import dev.faultline.litmus.syntax.Span;
import dev.faultline.litmus.types.TypedExpression.Address;
import dev.faultline.litmus.types.TypedExpression.Const;
import dev.faultline.litmus.types.TypedExpression.CopyStruct;
import dev.faultline.litmus.types.TypedExpression.ErrnoAssign;
import dev.faultline.litmus.types.TypedExpression.RegisterAssign;
import dev.faultline.litmus.types.TypedExpression.RegisterRead;
import dev.faultline.litmus.types.TypedExpression.Sequence;
import dev.faultline.litmus.types.TypedExpression.Store;

/// Types what changes something: `=`, `+=` and its like, `++` and `--`. An address that is not known at load
/// time goes through a temporary register, so that it is computed once.
final class Assignments {
    private final Surroundings surroundings;
    private final Frame frame;
    private final ExpressionChecker expressions;
    private final Operations operations;
    private final Conversions conversions;

    Assignments(
            Surroundings surroundings, Frame frame, ExpressionChecker expressions, Operations operations,
            Conversions conversions) {
        this.surroundings = surroundings;
        this.frame = frame;
        this.expressions = expressions;
        this.operations = operations;
        this.conversions = conversions;
    }

    TypedExpression assign(Expression.Assign assign) {
        Place target = target(assign.target());
        if (target instanceof Place.InMemory(CType.Struct struct, TypedExpression address)) {
            return copy(struct, address, assign.value(), assign.span());
        }
        TypedExpression value = converted(expressions.value(assign.value()), target, assign.value().span(), "the value");
        return write(target, value, assign.span());
    }

    private Place target(Expression expression) {
        Place place = expressions.places().of(expression);
        if (place.type() instanceof CType.Array) {
            throw surroundings.reject(expression.span(),
                    "the array " + surroundings.quote(expression.span()) + " cannot be assigned to",
                    "one of its elements, or a pointer");
        }
        return place;
    }

    /// {@return the copy of a whole struct}
    TypedExpression copy(CType.Struct struct, TypedExpression address, Expression source, Span span) {
        if (expressions.places().isPlace(source)
                && expressions.places().of(source) instanceof Place.InMemory(CType type, TypedExpression from)
                && type.equals(struct)) {
            return new CopyStruct(struct, address, from, span);
        }
        throw surroundings.reject(source.span(),
                surroundings.quote(source.span()) + " is not a " + struct, "a variable of that type");
    }

    private TypedExpression converted(TypedExpression value, Place target, Span span, String role) {
        return conversions.assign(value, target.type(), span, role);
    }

    private static TypedExpression write(Place target, TypedExpression value, Span span) {
        return switch (target) {
            case Place.InRegister(CType type, int slot) -> new RegisterAssign(type, slot, value, span);
            case Place.InMemory(CType type, TypedExpression address) -> new Store(type, address, value, span);
            case Place.Errno() -> new ErrnoAssign(value, span);
        };
    }

    TypedExpression compound(Expression.CompoundAssign assign) {
        TypedExpression value = expressions.scalar(assign.value());
        return change(assign.operator(), target(assign.target()), value, assign.operatorSpan(), assign.span(), false);
    }

    TypedExpression step(Expression.Step step) {
        BinaryOperator operator = step.operator().isIncrement() ? BinaryOperator.ADD : BinaryOperator.SUBTRACT;
        var one = new Const(IntegerType.INT, 1, step.span());
        return change(operator, target(step.target()), one, step.span(), step.span(), step.operator().isPostfix());
    }

    /// {@return `target operator= value`, or where `postfix`, the same with the value from before}
    private TypedExpression change(
            BinaryOperator operator, Place target, TypedExpression value, Span operatorSpan, Span span,
            boolean postfix) {
        if (target instanceof Place.InMemory(CType type, TypedExpression address) && !(address instanceof Address)) {
            int slot = frame.newRegister();
            var fixed = new Place.InMemory(type, new RegisterRead(address.type(), slot, address.span()));
            return new Sequence(new RegisterAssign(address.type(), slot, address, address.span()),
                    changeFixed(operator, fixed, value, operatorSpan, span, postfix), span);
        }
        return changeFixed(operator, target, value, operatorSpan, span, postfix);
    }

    /// Changes what is at a place whose address needs no computing.
    private TypedExpression changeFixed(
            BinaryOperator operator, Place target, TypedExpression value, Span operatorSpan, Span span,
            boolean postfix) {
        return postfix
                ? changeAfter(operator, target, value, operatorSpan, span)
                : changed(operator, target, expressions.places().read(target, span), value, operatorSpan, span);
    }

    private TypedExpression changed(
            BinaryOperator operator, Place target, TypedExpression before, TypedExpression value, Span operatorSpan,
            Span span) {
        TypedExpression after = operations.binary(operator, before, value, operatorSpan, span);
        return write(target, converted(after, target, span, "the result"), span);
    }

    private TypedExpression changeAfter(
            BinaryOperator operator, Place target, TypedExpression value, Span operatorSpan, Span span) {
        int slot = frame.newRegister();
        var before = new RegisterRead(target.type(), slot, span);
        return new Sequence(
                new RegisterAssign(target.type(), slot, expressions.places().read(target, span), span),
                new Sequence(changed(operator, target, before, value, operatorSpan, span), before, span),
                span);
    }
}
