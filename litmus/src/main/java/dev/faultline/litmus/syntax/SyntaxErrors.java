package dev.faultline.litmus.syntax;

import dev.faultline.litmus.grammar.LitmusLexer;
import dev.faultline.litmus.grammar.LitmusParser;
import java.util.List;
import org.antlr.v4.runtime.DefaultErrorStrategy;
import org.antlr.v4.runtime.InputMismatchException;
import org.antlr.v4.runtime.Parser;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.misc.IntervalSet;

/// Reports a syntax error once, where it is, and goes on behind the directive, statement, part or
/// expectation that has it; repairs nothing, so that no error follows from another.
final class SyntaxErrors extends DefaultErrorStrategy {
    private static final IntervalSet PARTS_BEHIND_C =
            new IntervalSet(LitmusLexer.EXISTS, LitmusLexer.NOT_EXISTS, LitmusLexer.FORALL, LitmusLexer.EXPECT);

    private final Diagnostics diagnostics;
    /// The index of the token at which the parser last went on; another error there is the same error.
    private int resumedAt = -1;

    SyntaxErrors(Diagnostics diagnostics) {
        this.diagnostics = diagnostics;
    }

    @Override
    public void sync(Parser parser) {}

    @Override
    public Token recoverInline(Parser parser) {
        throw new InputMismatchException(parser);
    }

    @Override
    public void reportError(Parser parser, RecognitionException error) {}

    /// Hands the error up to the nearest rule behind which the parser can go on.
    @Override
    public void recover(Parser parser, RecognitionException error) {
        switch (parser.getContext()) {
            case LitmusParser.DirectiveContext _ -> {
                report(parser, error);
                skipDirective(parser, error.getOffendingToken());
            }
            case LitmusParser.StatementContext statement -> {
                report(parser, error);
                skipC(parser, statement.getStart());
            }
            case LitmusParser.PartContext part -> {
                report(parser, error);
                skipC(parser, part.getStart());
            }
            case LitmusParser.ConditionContext _, LitmusParser.ExpectationContext _ -> {
                report(parser, error);
                skipTo(parser, new IntervalSet(LitmusLexer.EXPECT));
            }
            case LitmusParser.FileContext _ -> {
                report(parser, error);
                skipTo(parser, new IntervalSet());
            }
            default -> throw error;
        }
        resumedAt = parser.getCurrentToken().getTokenIndex();
    }

    private void report(Parser parser, RecognitionException error) {
        Token found = error.getOffendingToken();
        if (found.getTokenIndex() != resumedAt) {
            new SyntaxMessage(parser.getInputStream(), error).reportTo(diagnostics);
        }
    }

    private static void skipTo(Parser parser, IntervalSet stop) {
        while (parser.getCurrentToken().getType() != Token.EOF && !stop.contains(parser.getCurrentToken().getType())) {
            parser.consume();
        }
    }

    /// What no directive can hold is C: the machine description was not closed, and nothing behind makes sense.
    private static void skipDirective(Parser parser, Token found) {
        boolean notClosed = found.getType() == LitmusLexer.INVALID;
        skipTo(parser, notClosed ? new IntervalSet()
                : new IntervalSet(LitmusLexer.MACHINE_END, LitmusLexer.MACHINE_CLOSE));
        consumeIf(parser, LitmusLexer.MACHINE_END);
    }

    private static void consumeIf(Parser parser, int type) {
        if (parser.getCurrentToken().getType() == type) {
            parser.consume();
        }
    }

    /// Skips the statement or part that begins at `start`: to behind the `;` or the `}` that ends it.
    private static void skipC(Parser parser, Token start) {
        var depth = new Depth();
        int current = parser.getCurrentToken().getTokenIndex();
        for (int i = start.getTokenIndex(); i < current; i++) {
            depth.pass(parser.getInputStream().get(i));
        }
        while (!endsC(parser.getCurrentToken(), depth)) {
            Token passed = parser.consume();
            depth.pass(passed);
            if (endedBy(passed, parser.getCurrentToken(), depth)) {
                return;
            }
        }
    }

    private static boolean endsC(Token token, Depth depth) {
        return token.getType() == Token.EOF
                || PARTS_BEHIND_C.contains(token.getType())
                || token.getType() == LitmusLexer.RBRACE && depth.braces == 0;
    }

    /// A `;` within parentheses that ends its line ends the statement: the `)` is what is missing.
    private static boolean endedBy(Token passed, Token next, Depth depth) {
        return switch (passed.getType()) {
            case LitmusLexer.SEMICOLON ->
                depth.braces == 0 && (depth.parentheses == 0 || next.getLine() != passed.getLine());
            case LitmusLexer.RBRACE -> depth.braces == 0 && !List.of(";", ",", "else").contains(next.getText());
            default -> false;
        };
    }

    private static final class Depth {
        private int braces;
        private int parentheses;

        void pass(Token token) {
            switch (token.getType()) {
                case LitmusLexer.LBRACE -> braces++;
                case LitmusLexer.RBRACE -> braces = Math.max(0, braces - 1);
                case LitmusLexer.LPAREN -> parentheses++;
                case LitmusLexer.RPAREN -> parentheses = Math.max(0, parentheses - 1);
                default -> {}
            }
        }
    }
}
