package dev.faultline.litmus.syntax;

import dev.faultline.litmus.grammar.LitmusLexer;
import dev.faultline.litmus.grammar.LitmusParser;
import java.util.List;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.TokenStream;

/// Parses a litmus file. The grammar is `LitmusLexer.g4` and `LitmusParser.g4`.
public final class FileParser {
    private FileParser() {}

    /// Parses the source of `diagnostics`. What is wrong with a literal is reported there and has some
    /// value in the result, so that the checks of later passes still run.
    ///
    /// @throws MalformedLitmusException if the file has no shape: later passes would only add noise
    public static ParsedFile parse(Diagnostics diagnostics) throws MalformedLitmusException {
        var lexer = new LitmusLexer(CharStreams.fromString(diagnostics.source().text(), diagnostics.source().name()));
        lexer.removeErrorListeners();
        var tokens = new CommonTokenStream(lexer);
        tokens.fill();
        checkTokens(tokens.getTokens(), diagnostics);
        diagnostics.throwIfAny();
        try {
            LitmusParser.FileContext tree = parseTokens(tokens, diagnostics);
            diagnostics.throwIfAny();
            return new TreeBuilder(diagnostics).file(tree);
        } catch (TooDeep tooDeep) {
            throw tooDeep.reportTo(diagnostics);
        }
    }

    private static void checkTokens(List<Token> tokens, Diagnostics diagnostics) {
        Brackets.checkClosed(tokens, diagnostics);
        if (diagnostics.isEmpty()) {
            Brackets.checkBraces(tokens, diagnostics);
        }
    }

    private static LitmusParser.FileContext parseTokens(CommonTokenStream tokens, Diagnostics diagnostics) {
        var parser = new BoundedParser(tokens);
        parser.removeErrorListeners();
        parser.setErrorHandler(new SyntaxErrors(diagnostics));
        return parser.file();
    }

    /// Bounds how deep the parser calls itself.
    private static final class BoundedParser extends LitmusParser {
        private int depth;

        BoundedParser(TokenStream tokens) {
            super(tokens);
        }

        @Override
        public void enterRule(ParserRuleContext context, int state, int rule) {
            deeper();
            super.enterRule(context, state, rule);
        }

        @Override
        public void exitRule() {
            depth--;
            super.exitRule();
        }

        @Override
        public void enterRecursionRule(ParserRuleContext context, int state, int rule, int precedence) {
            deeper();
            super.enterRecursionRule(context, state, rule, precedence);
        }

        @Override
        public void unrollRecursionContexts(ParserRuleContext parent) {
            depth--;
            super.unrollRecursionContexts(parent);
        }

        private void deeper() {
            if (++depth > TooDeep.DEEPEST) {
                throw new TooDeep(Tokens.span(getCurrentToken()));
            }
        }
    }
}
