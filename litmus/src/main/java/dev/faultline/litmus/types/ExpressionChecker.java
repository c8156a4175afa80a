package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.BinaryOperator;
import dev.faultline.litmus.syntax.Expression;
import dev.faultline.litmus.syntax.Expression.UnaryOperator;
import dev.faultline.litmus.syntax.Span;
import dev.faultline.litmus.types.TypedExpression.Const;
import dev.faultline.litmus.types.TypedExpression.Sequence;
import dev.faultline.litmus.types.TypedExpression.UnaryOperation;

/// Types expressions: what C would compute, with its conversions written out. Reports and throws
/// [Rejected] where C, or this language, has no meaning for one.
final class ExpressionChecker {
    private final Surroundings surroundings;
    private final Conversions conversions;
    private final Operations operations;
    private final Places places;
    private final Assignments assignments;
    private final CallChecker calls;

    ExpressionChecker(Surroundings surroundings, Frame frame) {
        this.surroundings = surroundings;
        this.conversions = new Conversions(surroundings);
        this.operations = new Operations(surroundings);
        this.places = new Places(surroundings, frame, this, operations);
        this.assignments = new Assignments(surroundings, frame, this, operations, conversions);
        this.calls = new CallChecker(surroundings, this, conversions);
    }

    Places places() {
        return places;
    }

    Assignments assignments() {
        return assignments;
    }

    Conversions conversions() {
        return conversions;
    }

    /// {@return the value of an expression: a scalar, or nothing (`void`)}
    TypedExpression value(Expression expression) {
        Span span = expression.span();
        return switch (expression) {
            case Expression.IntegerLiteral literal -> integerLiteral(literal);
            case Expression.CharacterLiteral literal -> new Const(IntegerType.INT, literal.value(), span);
            case Expression.Name(var name) when places.constant(name).isPresent() -> {
                Constants.Constant constant = places.constant(name).get();
                yield new Const(constant.type(), constant.value(), span);
            }
            case Expression.StringLiteral _, Expression.Name _, Expression.Index _, Expression.Member _,
                    Expression.Arrow _ -> places.read(places.of(expression), span);
            case Expression.Unary(var operator, var _, _) when operator == UnaryOperator.DEREFERENCE ->
                places.read(places.of(expression), span);
            case Expression.Unary unary -> unary(unary);
            case Expression.Call call -> calls.call(call);
            case Expression.Step step -> assignments.step(step);
            case Expression.SizeofType(var type, _) -> sizeof(Declarations.resolve(type, surroundings), span);
            case Expression.SizeofValue(var operand, _) -> sizeof(unevaluated(operand), span);
            case Expression.Cast cast -> cast(cast);
            case Expression.Binary binary -> operations.binary(
                    binary.operator(), value(binary.left()), value(binary.right()), binary.operatorSpan(), span);
            case Expression.Logical logical ->
                Nodes.logical(logical.operator(), scalar(logical.left()), scalar(logical.right()), span);
            case Expression.Conditional conditional -> conditional(conditional);
            case Expression.Assign assign -> assignments.assign(assign);
            case Expression.CompoundAssign assign -> assignments.compound(assign);
            case Expression.Comma(var first, var second, _) -> new Sequence(value(first), value(second), span);
        };
    }

    /// {@return a value that can be tested, compared or passed on}
    TypedExpression scalar(Expression expression) {
        TypedExpression value = value(expression);
        if (!value.type().isScalar()) {
            throw surroundings.reject(expression.span(), surroundings.quote(expression.span()) + " has no value",
                    "an integer or a pointer");
        }
        return value;
    }

    /// {@return a value of an integer type}
    TypedExpression integer(Expression expression) {
        TypedExpression value = scalar(expression);
        if (!(value.type() instanceof IntegerType)) {
            throw surroundings.reject(expression.span(),
                    surroundings.quote(expression.span()) + " has type " + value.type(), "an integer");
        }
        return value;
    }

    private TypedExpression integerLiteral(Expression.IntegerLiteral literal) {
        boolean decimal = literal.base() == Expression.Base.DECIMAL;
        boolean negative = literal.bits() < 0;
        boolean past32 = negative || literal.bits() > 0xffff_ffffL;
        boolean past31 = past32 || literal.bits() > Integer.MAX_VALUE;
        if (negative && decimal && !isUnsigned(literal.suffix())) {
            throw surroundings.reject(literal.span(), surroundings.quote(literal.span()) + " does not fit in a long",
                    "a smaller number or the suffix u");
        }
        IntegerType type = switch (literal.suffix()) {
            case NONE -> decimal ? past31 ? IntegerType.LONG : IntegerType.INT
                    : past32 ? negative ? IntegerType.UNSIGNED_LONG : IntegerType.LONG
                    : past31 ? IntegerType.UNSIGNED_INT : IntegerType.INT;
            case U -> past32 ? IntegerType.UNSIGNED_LONG : IntegerType.UNSIGNED_INT;
            case L -> negative ? IntegerType.UNSIGNED_LONG : IntegerType.LONG;
            case UL -> IntegerType.UNSIGNED_LONG;
            case LL -> negative ? IntegerType.UNSIGNED_LONG_LONG : IntegerType.LONG_LONG;
            case ULL -> IntegerType.UNSIGNED_LONG_LONG;
        };
        return new Const(type, literal.bits(), literal.span());
    }

    private static boolean isUnsigned(Expression.Suffix suffix) {
        return suffix == Expression.Suffix.U || suffix == Expression.Suffix.UL || suffix == Expression.Suffix.ULL;
    }

    private TypedExpression unary(Expression.Unary unary) {
        return switch (unary.operator()) {
            case ADDRESS -> places.address(unary.operand(), unary.span());
            case NOT -> Nodes.unary(UnaryOperation.NOT, IntegerType.INT, scalar(unary.operand()), unary.span());
            case PLUS -> operations.promote(integer(unary.operand()));
            case NEGATE -> promoted(UnaryOperation.NEGATE, unary);
            case COMPLEMENT -> promoted(UnaryOperation.COMPLEMENT, unary);
            case DEREFERENCE -> throw new AssertionError("a place, not an operation");
        };
    }

    private TypedExpression promoted(UnaryOperation operation, Expression.Unary unary) {
        TypedExpression operand = operations.promote(integer(unary.operand()));
        return Nodes.unary(operation, operand.type(), operand, unary.span());
    }

    /// {@return the type of an expression that is not evaluated}
    private CType unevaluated(Expression expression) {
        return places.isPlace(expression) ? places.of(expression).type() : value(expression).type();
    }

    private TypedExpression sizeof(CType type, Span span) {
        if (type instanceof CType.Void) {
            throw surroundings.reject(span, "void has no size", "a type or an expression that has one");
        }
        return new Const(IntegerType.UNSIGNED_LONG, type.size(), span);
    }

    private TypedExpression cast(Expression.Cast cast) {
        CType type = Declarations.resolve(cast.type(), surroundings);
        if (type instanceof CType.Void) {
            return Nodes.convert(type, value(cast.operand()), cast.span());
        }
        if (!type.isScalar()) {
            throw surroundings.reject(cast.type().span(), "nothing can be cast to " + type, "an integer or pointer type");
        }
        return Nodes.convert(type, scalar(cast.operand()), cast.span());
    }

    private TypedExpression conditional(Expression.Conditional conditional) {
        TypedExpression test = scalar(conditional.test());
        TypedExpression chosen = value(conditional.chosen());
        TypedExpression otherwise = value(conditional.otherwise());
        CType type = conditionalType(chosen, otherwise, conditional.span());
        TypedExpression first = Nodes.convert(type, chosen, chosen.span());
        TypedExpression second = Nodes.convert(type, otherwise, otherwise.span());
        return test instanceof Const known
                ? known.value() != 0 ? first : second
                : new TypedExpression.Conditional(type, test, first, second, conditional.span());
    }

    private CType conditionalType(TypedExpression chosen, TypedExpression otherwise, Span span) {
        if (chosen.type() instanceof IntegerType a && otherwise.type() instanceof IntegerType b) {
            return IntegerType.common(a, b);
        }
        if (chosen.type() instanceof CType.Void && otherwise.type() instanceof CType.Void) {
            return CType.VOID;
        }
        return conversions.commonPointer(chosen, otherwise, span);
    }

    /// {@return what `operator` computes; for use where one side is not an expression of the source}
    TypedExpression binary(BinaryOperator operator, TypedExpression left, TypedExpression right, Span span) {
        return operations.binary(operator, left, right, span, span);
    }
}
