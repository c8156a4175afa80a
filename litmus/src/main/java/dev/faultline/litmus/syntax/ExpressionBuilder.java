package dev.faultline.litmus.syntax;

import dev.faultline.litmus.grammar.LitmusLexer;
import dev.faultline.litmus.grammar.LitmusParser;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.tree.TerminalNode;

/// Turns the parser's tree of an expression into ours.
final class ExpressionBuilder {
    private final Literals literals;
    private int depth;

    ExpressionBuilder(Diagnostics diagnostics) {
        this.literals = new Literals(diagnostics);
    }

    Literals literals() {
        return literals;
    }

    /// {@return expressions joined by the comma operator}
    Expression sequence(LitmusParser.SequenceContext context) {
        Expression result = expression(context.expression(0));
        for (int i = 1; i < context.expression().size(); i++) {
            Expression next = expression(context.expression(i));
            result = new Expression.Comma(result, next, result.span().to(next.span()));
        }
        return result;
    }

    /// {@return one expression}
    Expression expression(LitmusParser.ExpressionContext context) {
        if (++depth > TooDeep.DEEPEST) {
            throw new TooDeep(Tokens.span(context.getStart()));
        }
        Expression result = switch (context) {
            case LitmusParser.ParenthesisedContext inner -> sequence(inner.sequence());
            case LitmusParser.IntegerContext integer -> literals.integer(Tokens.word(integer.getStart()));
            case LitmusParser.CharacterContext character ->
                new Expression.CharacterLiteral(
                        literals.character(Tokens.word(character.getStart())), Tokens.span(context));
            case LitmusParser.StringContext string -> string(string);
            case LitmusParser.NameContext name -> new Expression.Name(Tokens.word(name.getStart()));
            case LitmusParser.CallContext call -> new Expression.Call(
                    Tokens.word(call.IDENTIFIER().getSymbol()), expressions(call.expression()), Tokens.span(context));
            case LitmusParser.IndexContext index -> new Expression.Index(
                    expression(index.expression()), sequence(index.sequence()), Tokens.span(context));
            case LitmusParser.MemberContext member -> member(member);
            case LitmusParser.PostfixContext postfix -> new Expression.Step(
                    postfix.operator.getType() == LitmusLexer.INCREMENT
                            ? Expression.StepOperator.POST_INCREMENT : Expression.StepOperator.POST_DECREMENT,
                    expression(postfix.expression()), Tokens.span(context));
            case LitmusParser.PrefixContext prefix -> prefix(prefix);
            case LitmusParser.SizeofTypeContext sizeof ->
                new Expression.SizeofType(typeName(sizeof.typeName()), Tokens.span(context));
            case LitmusParser.SizeofValueContext sizeof ->
                new Expression.SizeofValue(expression(sizeof.expression()), Tokens.span(context));
            case LitmusParser.CastContext cast -> new Expression.Cast(
                    typeName(cast.typeName()), expression(cast.expression()), Tokens.span(context));
            case LitmusParser.BinaryContext binary -> binary(binary);
            case LitmusParser.ConditionalContext conditional -> new Expression.Conditional(
                    expression(conditional.test), sequence(conditional.chosen), expression(conditional.otherwise),
                    Tokens.span(context));
            case LitmusParser.AssignmentContext assignment -> assignment(assignment);
            default -> throw new AssertionError("no such expression: " + context.getText());
        };
        depth--;
        return result;
    }

    /// {@return each of `contexts`}
    List<Expression> expressions(List<LitmusParser.ExpressionContext> contexts) {
        return contexts.stream().map(this::expression).toList();
    }

    /// {@return a type as written}
    TypeName typeName(LitmusParser.TypeNameContext context) {
        return new TypeName(words(context.specifier()), context.pointer().size(), Tokens.span(context));
    }

    /// {@return the words of a base type, without qualifiers}
    List<Word> words(List<LitmusParser.SpecifierContext> specifiers) {
        List<Word> words = new ArrayList<>();
        for (LitmusParser.SpecifierContext specifier : specifiers) {
            if (specifier.CONST() == null && specifier.VOLATILE() == null) {
                specifier.children.forEach(child -> words.add(Tokens.word(((TerminalNode) child).getSymbol())));
            }
        }
        return List.copyOf(words);
    }

    /// Neighbouring string literals are one.
    private Expression string(LitmusParser.StringContext context) {
        var bytes = new ByteArrayOutputStream();
        for (TerminalNode part : context.STRING()) {
            bytes.writeBytes(literals.string(Tokens.word(part.getSymbol())));
        }
        return new Expression.StringLiteral(Bytes.copyOf(bytes.toByteArray()), Tokens.span(context));
    }

    private Expression member(LitmusParser.MemberContext context) {
        Expression object = expression(context.expression());
        Word name = Tokens.word(context.IDENTIFIER().getSymbol());
        return context.operator.getType() == LitmusLexer.DOT
                ? new Expression.Member(object, name, Tokens.span(context))
                : new Expression.Arrow(object, name, Tokens.span(context));
    }

    private Expression prefix(LitmusParser.PrefixContext context) {
        Expression operand = expression(context.expression());
        Span span = Tokens.span(context);
        return switch (context.operator.getType()) {
            case LitmusLexer.INCREMENT -> new Expression.Step(Expression.StepOperator.PRE_INCREMENT, operand, span);
            case LitmusLexer.DECREMENT -> new Expression.Step(Expression.StepOperator.PRE_DECREMENT, operand, span);
            case LitmusLexer.PLUS -> new Expression.Unary(Expression.UnaryOperator.PLUS, operand, span);
            case LitmusLexer.MINUS -> new Expression.Unary(Expression.UnaryOperator.NEGATE, operand, span);
            case LitmusLexer.TILDE -> new Expression.Unary(Expression.UnaryOperator.COMPLEMENT, operand, span);
            case LitmusLexer.EXCLAMATION -> new Expression.Unary(Expression.UnaryOperator.NOT, operand, span);
            case LitmusLexer.STAR -> new Expression.Unary(Expression.UnaryOperator.DEREFERENCE, operand, span);
            case LitmusLexer.AMPERSAND -> new Expression.Unary(Expression.UnaryOperator.ADDRESS, operand, span);
            default -> throw new AssertionError("no such operator: " + context.operator.getText());
        };
    }

    private Expression binary(LitmusParser.BinaryContext context) {
        Expression left = expression(context.left);
        Expression right = expression(context.right);
        Token operator = context.operator;
        Span span = Tokens.span(context);
        return switch (operator.getType()) {
            case LitmusLexer.AND_AND -> new Expression.Logical(Expression.LogicalOperator.AND, left, right, span);
            case LitmusLexer.BAR_BAR -> new Expression.Logical(Expression.LogicalOperator.OR, left, right, span);
            default -> new Expression.Binary(
                    BinaryOperator.of(operator.getText()), left, right, Tokens.span(operator), span);
        };
    }

    private Expression assignment(LitmusParser.AssignmentContext context) {
        Expression target = expression(context.target);
        Expression value = expression(context.value);
        Token operator = context.operator;
        Span span = Tokens.span(context);
        if (operator.getType() == LitmusLexer.ASSIGN) {
            return new Expression.Assign(target, value, Tokens.span(operator), span);
        }
        String symbol = operator.getText().substring(0, operator.getText().length() - 1);
        return new Expression.CompoundAssign(BinaryOperator.of(symbol), target, value, Tokens.span(operator), span);
    }
}
