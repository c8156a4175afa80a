package dev.faultline.litmus.condition;

import dev.faultline.litmus.condition.Formula.Side;
import dev.faultline.litmus.syntax.ConditionSyntax;
import dev.faultline.litmus.syntax.Diagnostics;
import dev.faultline.litmus.syntax.Expression;
import dev.faultline.litmus.syntax.Proposition;
import dev.faultline.litmus.syntax.Span;
import dev.faultline.litmus.types.CType;
import dev.faultline.litmus.types.Constants;
import dev.faultline.litmus.types.IntegerType;
import dev.faultline.litmus.types.Program;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Resolves the names of a condition against the program.
public final class ConditionChecker {
    private final Diagnostics diagnostics;
    private final ObservableFinder finder;
    private final Program program;
    private final Set<Observable> observables = new LinkedHashSet<>();

    private ConditionChecker(Program program, Diagnostics diagnostics) {
        this.diagnostics = diagnostics;
        this.program = program;
        this.finder = new ObservableFinder(program, diagnostics);
    }

    /// {@return the condition; where `diagnostics` has something afterwards it is not to be used}
    public static Condition check(ConditionSyntax syntax, Program program, Diagnostics diagnostics) {
        var checker = new ConditionChecker(program, diagnostics);
        Formula formula = checker.formula(syntax.proposition());
        return new Condition(
                syntax.quantifier(), formula, List.copyOf(checker.observables), syntax.text(), syntax.span());
    }

    private Formula formula(Proposition proposition) {
        return switch (proposition) {
            case Proposition.Always() -> new Formula.Always();
            case Proposition.Not(var operand) -> new Formula.Not(formula(operand));
            case Proposition.And(var left, var right) -> new Formula.And(formula(left), formula(right));
            case Proposition.Or(var left, var right) -> new Formula.Or(formula(left), formula(right));
            case Proposition.Comparison comparison -> comparison(comparison);
        };
    }

    private Formula comparison(Proposition.Comparison comparison) {
        Optional<Side> left = side(comparison.left());
        Optional<Side> right = side(comparison.right());
        if (left.isEmpty() || right.isEmpty()) {
            return new Formula.Always();
        }
        if (left.get() instanceof Side.Fixed && right.get() instanceof Side.Fixed) {
            diagnostics.report(comparison.span(), "two constants are compared", "an observable such as 0:r");
        }
        CType type = commonType(left.get(), right.get(), comparison);
        return new Formula.Comparison(comparison.operator(), type, left.get(), right.get());
    }

    private CType commonType(Side left, Side right, Proposition.Comparison comparison) {
        if (left.type() instanceof IntegerType a && right.type() instanceof IntegerType b) {
            checkFits(left, b, comparison.left().span());
            checkFits(right, a, comparison.right().span());
            return IntegerType.common(a, b);
        }
        boolean pointers = isPointerLike(left) && isPointerLike(right);
        if (!pointers) {
            boolean leftIsPointer = left.type() instanceof CType.Pointer;
            Span span = leftIsPointer ? comparison.right().span() : comparison.left().span();
            diagnostics.report(span, left.type() + " is compared with " + right.type(),
                    "NULL, MAP_FAILED or another pointer");
        }
        return CType.VOID_POINTER;
    }

    private static boolean isPointerLike(Side side) {
        return side.type() instanceof CType.Pointer || side instanceof Side.Fixed(var _, var value) && value == 0;
    }

    /// A constant that the other side can never have is a slip: `g = 300` for a `char`. Not so `0:r = -1` for a
    /// `size_t`: C makes them the same value.
    private void checkFits(Side constant, IntegerType other, Span span) {
        if (!(constant instanceof Side.Fixed(IntegerType type, long value))) {
            return;
        }
        IntegerType common = IntegerType.common(type, other);
        long wanted = common.normalise(value);
        boolean possible = other.size() == common.size() || common.normalise(other.normalise(wanted)) == wanted;
        if (!possible) {
            diagnostics.report(span, "a value of type " + other + " is never " + value,
                    "a constant that it can have");
        }
    }

    private Optional<Side> side(Proposition.Operand operand) {
        return switch (operand) {
            case Proposition.LocalOperand local -> observed(finder.local(local));
            case Proposition.NameOperand name -> name(name);
            case Proposition.LiteralOperand(var literal, boolean negated, Span _) ->
                Optional.of(negate(literal(literal), negated));
        };
    }

    private Optional<Side> observed(Optional<Observable> observable) {
        observable.ifPresent(observables::add);
        return observable.map(Side.Observed::new);
    }

    private Optional<Side> name(Proposition.NameOperand operand) {
        String name = operand.name().text();
        Optional<Constants.Constant> constant = Constants.named(name);
        if (program.global(name).isEmpty() && constant.isPresent() && operand.subscript().isEmpty()) {
            return Optional.of(negate(new Side.Fixed(constant.get().type(), constant.get().value()), operand.negated()));
        }
        if (operand.negated()) {
            diagnostics.report(operand.span(), "'" + name + "' is not a constant", "a constant behind '-'");
            return Optional.empty();
        }
        return observed(finder.global(operand));
    }

    private static Side.Fixed literal(Expression literal) {
        return switch (literal) {
            case Expression.CharacterLiteral(int value, Span _) -> new Side.Fixed(IntegerType.INT, value);
            case Expression.IntegerLiteral integer -> new Side.Fixed(literalType(integer), integer.bits());
            default -> throw new AssertionError("the grammar has no such constant");
        };
    }

    /// A condition has no need of C's suffixes: the least signed type that holds the number, `unsigned long` if none.
    private static IntegerType literalType(Expression.IntegerLiteral literal) {
        return literal.bits() < 0 ? IntegerType.UNSIGNED_LONG
                : literal.bits() > Integer.MAX_VALUE ? IntegerType.LONG : IntegerType.INT;
    }

    private static Side negate(Side.Fixed constant, boolean negated) {
        if (!negated || !(constant.type() instanceof IntegerType type)) {
            return constant;
        }
        return new Side.Fixed(type.promoted(), type.promoted().normalise(-constant.value()));
    }

    /// {@return the observables of a test: those of its condition, then those that its doc string names as
    /// `0:r`, `init:x` or `final:x`; where there is no condition, all outermost scalar locals of the threads}
    public static List<Observable> observables(Program program, Optional<Condition> condition, String doc) {
        Set<Observable> found = new LinkedHashSet<>();
        condition.ifPresent(asked -> found.addAll(asked.observables()));
        found.addAll(ObservableFinder.namedIn(doc, program));
        if (condition.isEmpty()) {
            found.addAll(ObservableFinder.outermostLocals(program));
        }
        return List.copyOf(found);
    }
}
