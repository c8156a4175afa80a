package dev.faultline.litmus.syntax;

import dev.faultline.litmus.grammar.LitmusParser;
import java.util.List;
import java.util.Optional;
import org.antlr.v4.runtime.Token;

/// Turns the parser's tree of a file into ours: header, machine, C's declarations and statements.
final class TreeBuilder {
    private final Diagnostics diagnostics;
    private final ExpressionBuilder expressions;
    private final QuestionBuilder questions;

    TreeBuilder(Diagnostics diagnostics) {
        this.diagnostics = diagnostics;
        this.expressions = new ExpressionBuilder(diagnostics);
        this.questions = new QuestionBuilder(expressions.literals());
    }

    ParsedFile file(LitmusParser.FileContext context) {
        LitmusParser.HeaderContext header = context.header();
        if (!header.kind.getText().equals("C")) {
            diagnostics.report(Tokens.span(header.kind), Tokens.quote(header.kind) + " is no kind of test here",
                    "'C', then the name of the test");
        }
        return new ParsedFile(
                diagnostics.source(),
                Tokens.word(header.name),
                Optional.ofNullable(header.doc).map(TreeBuilder::doc),
                context.machine().directive().stream().map(this::directive).toList(),
                context.part().stream().map(this::part).toList(),
                Optional.ofNullable(context.condition()).map(questions::condition),
                context.expectation().stream().map(questions::expectation).toList());
    }

    private static Word doc(Token token) {
        String text = token.getText();
        return new Word(text.substring(1, text.length() - 1), Tokens.span(token));
    }

    private Directive directive(LitmusParser.DirectiveContext context) {
        return new Directive(
                Tokens.word(context.keyword),
                context.argument().stream().map(this::argument).toList(),
                Tokens.span(context.MACHINE_END().getSymbol()),
                Tokens.span(context));
    }

    private Directive.Argument argument(LitmusParser.ArgumentContext context) {
        if (context.CHAR() != null) {
            Word word = Tokens.word(context.CHAR().getSymbol());
            return new Directive.Argument.Fill(expressions.literals().character(word) & 0xff, word);
        }
        Word first = Tokens.word(context.word(0).getStart());
        return context.word().size() == 1
                ? new Directive.Argument.Plain(first)
                : new Directive.Argument.Setting(first, Tokens.word(context.word(1).getStart()));
    }

    private Part part(LitmusParser.PartContext context) {
        if (context.declaration() != null) {
            return new Part.Globals(declaration(context.declaration()));
        }
        LitmusParser.FunctionContext function = context.function();
        return new Part.Function(
                function.attributes().stream().flatMap(list -> list.attribute().stream())
                        .map(TreeBuilder::attribute).toList(),
                Tokens.word(function.IDENTIFIER().getSymbol()),
                block(function.block()),
                Tokens.span(function));
    }

    private static Part.Attribute attribute(LitmusParser.AttributeContext context) {
        return new Part.Attribute(Tokens.word(context.name), Optional.ofNullable(context.value).map(Tokens::word));
    }

    private Declaration declaration(LitmusParser.DeclarationContext context) {
        List<Word> words = expressions.words(context.specifier());
        Span first = Tokens.span(context.specifier(0));
        Span typeSpan = first.to(Tokens.span(context.specifier(context.specifier().size() - 1)));
        return new Declaration(
                new TypeName(words, 0, typeSpan),
                context.declarator().stream().map(this::declarator).toList(),
                Tokens.span(context));
    }

    private Declaration.Declarator declarator(LitmusParser.DeclaratorContext context) {
        return new Declaration.Declarator(
                Tokens.word(context.IDENTIFIER().getSymbol()),
                context.pointer().size(),
                context.dimension().stream().map(this::dimension).toList(),
                Optional.ofNullable(context.initializer()).map(this::initializer),
                Tokens.span(context));
    }

    private Declaration.Dimension dimension(LitmusParser.DimensionContext context) {
        return new Declaration.Dimension(
                Optional.ofNullable(context.expression()).map(expressions::expression), Tokens.span(context));
    }

    private Declaration.Initializer initializer(LitmusParser.InitializerContext context) {
        if (context.expression() != null) {
            return new Declaration.Initializer.Single(expressions.expression(context.expression()));
        }
        return new Declaration.Initializer.Braced(
                context.element().stream().map(this::element).toList(), Tokens.span(context));
    }

    private Declaration.Element element(LitmusParser.ElementContext context) {
        return new Declaration.Element(
                Optional.ofNullable(context.designator()).map(this::designator), initializer(context.initializer()));
    }

    private Declaration.Designator designator(LitmusParser.DesignatorContext context) {
        return context.IDENTIFIER() != null
                ? new Declaration.Designator.Named(Tokens.word(context.IDENTIFIER().getSymbol()))
                : new Declaration.Designator.Numbered(expressions.expression(context.expression()));
    }

    private Statement.Block block(LitmusParser.BlockContext context) {
        return new Statement.Block(context.statement().stream().map(this::statement).toList(), Tokens.span(context));
    }

    private Statement statement(LitmusParser.StatementContext context) {
        Span span = Tokens.span(context);
        return switch (context) {
            case LitmusParser.BlockStatementContext block -> block(block.block());
            case LitmusParser.DeclarationStatementContext declare ->
                new Statement.Declare(declaration(declare.declaration()));
            case LitmusParser.ExpressionStatementContext evaluate -> evaluate(evaluate.sequence(), span);
            case LitmusParser.IfStatementContext choice -> new Statement.If(
                    expressions.sequence(choice.sequence()),
                    statement(choice.statement(0)),
                    choice.ELSE() == null ? Optional.empty() : Optional.of(statement(choice.statement(1))),
                    span);
            case LitmusParser.WhileStatementContext loop ->
                new Statement.While(expressions.sequence(loop.sequence()), statement(loop.statement()), span);
            case LitmusParser.DoStatementContext loop ->
                new Statement.DoWhile(statement(loop.statement()), expressions.sequence(loop.sequence()), span);
            case LitmusParser.ForStatementContext loop -> new Statement.For(
                    forStart(loop.forStart()), optional(loop.test), optional(loop.step), statement(loop.statement()),
                    span);
            case LitmusParser.BreakStatementContext _ -> new Statement.Break(span);
            case LitmusParser.ContinueStatementContext _ -> new Statement.Continue(span);
            case LitmusParser.ReturnStatementContext end -> new Statement.Return(optional(end.sequence()), span);
            default -> throw new AssertionError("no such statement: " + context.getText());
        };
    }

    private Statement forStart(LitmusParser.ForStartContext context) {
        return context.declaration() != null
                ? new Statement.Declare(declaration(context.declaration()))
                : evaluate(context.sequence(), Tokens.span(context));
    }

    /// `sequence` is absent in an empty statement: the parser then hands out null.
    private Statement evaluate(LitmusParser.SequenceContext sequence, Span span) {
        return optional(sequence)
                .map(expression -> (Statement) new Statement.Evaluate(expression, span))
                .orElseGet(() -> new Statement.Empty(span));
    }

    private Optional<Expression> optional(LitmusParser.SequenceContext sequence) {
        return Optional.ofNullable(sequence).map(expressions::sequence);
    }
}
