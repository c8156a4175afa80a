package dev.faultline.litmus.syntax;

import dev.faultline.litmus.grammar.LitmusLexer;
import dev.faultline.litmus.grammar.LitmusParser;
import dev.faultline.litmus.syntax.ConditionSyntax.Quantifier;
import java.util.Optional;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.misc.Interval;

/// Turns the parser's tree of what a file asks and expects into ours.
final class QuestionBuilder {
    private final Literals literals;

    QuestionBuilder(Literals literals) {
        this.literals = literals;
    }

    ConditionSyntax condition(LitmusParser.ConditionContext context) {
        Quantifier quantifier = switch (context.quantifier.getType()) {
            case LitmusLexer.EXISTS -> Quantifier.EXISTS;
            case LitmusLexer.NOT_EXISTS -> Quantifier.NOT_EXISTS;
            case LitmusLexer.FORALL -> Quantifier.FORALL;
            default -> throw new AssertionError("no such quantifier: " + context.quantifier.getText());
        };
        return new ConditionSyntax(
                quantifier, proposition(context.proposition()), text(quantifier, context.proposition()),
                Tokens.span(context));
    }

    private static String text(Quantifier quantifier, ParserRuleContext proposition) {
        var range = Interval.of(proposition.getStart().getStartIndex(), proposition.getStop().getStopIndex());
        String written = proposition.getStart().getInputStream().getText(range);
        return quantifier.word() + " (" + written.strip().replaceAll("\\s+", " ") + ")";
    }

    private Proposition proposition(LitmusParser.PropositionContext context) {
        return switch (context) {
            case LitmusParser.GroupContext group -> proposition(group.proposition());
            case LitmusParser.AlwaysContext _ -> new Proposition.Always();
            case LitmusParser.NegationContext not -> new Proposition.Not(proposition(not.proposition()));
            case LitmusParser.ComparisonContext comparison -> comparison(comparison);
            case LitmusParser.ConjunctionContext and ->
                new Proposition.And(proposition(and.proposition(0)), proposition(and.proposition(1)));
            case LitmusParser.DisjunctionContext or ->
                new Proposition.Or(proposition(or.proposition(0)), proposition(or.proposition(1)));
            default -> throw new AssertionError("no such proposition: " + context.getText());
        };
    }

    private Proposition comparison(LitmusParser.ComparisonContext context) {
        String symbol = context.CONDITION_COMPARE().getText();
        return new Proposition.Comparison(
                operand(context.left),
                BinaryOperator.of(symbol.equals("=") ? "==" : symbol),
                operand(context.right),
                Tokens.span(context));
    }

    private Proposition.Operand operand(LitmusParser.OperandContext context) {
        Span span = Tokens.span(context);
        return switch (context) {
            case LitmusParser.LocalContext local -> new Proposition.LocalOperand(
                    Tokens.word(local.owner), Tokens.word(local.variable), subscript(local.subscript), span);
            case LitmusParser.GlobalContext global -> new Proposition.NameOperand(
                    Tokens.word(global.IDENTIFIER().getSymbol()),
                    subscript(global.subscript), false, span);
            case LitmusParser.NegatedNameContext name -> new Proposition.NameOperand(
                    Tokens.word(name.IDENTIFIER().getSymbol()), Optional.empty(), true, span);
            case LitmusParser.LiteralContext literal -> new Proposition.LiteralOperand(
                    literal(literal), literal.MINUS() != null, span);
            default -> throw new AssertionError("no such operand: " + context.getText());
        };
    }

    /// `number` is absent where nothing is indexed: the parser then hands out null.
    private Optional<Proposition.Subscript> subscript(Token number) {
        return Optional.ofNullable(number).map(Tokens::word)
                .map(word -> new Proposition.Subscript(literals.integer(word).bits(), word.span()));
    }

    private Expression literal(LitmusParser.LiteralContext context) {
        return context.INTEGER() != null
                ? literals.integer(Tokens.word(context.INTEGER().getSymbol()))
                : new Expression.CharacterLiteral(
                        literals.character(Tokens.word(context.CHAR().getSymbol())),
                        Tokens.span(context.CHAR().getSymbol()));
    }

    ExpectationSyntax expectation(LitmusParser.ExpectationContext context) {
        return new ExpectationSyntax(
                Tokens.word(context.kernel),
                context.patch().stream()
                        .map(patch -> new ExpectationSyntax.PatchChange(
                                patch.operator.getType() == LitmusLexer.PLUS, Tokens.word(patch.WORD().getSymbol())))
                        .toList(),
                context.arch.stream().map(Tokens::word).toList(),
                context.verdict.stream().map(Tokens::word).toList(),
                Tokens.span(context));
    }
}
