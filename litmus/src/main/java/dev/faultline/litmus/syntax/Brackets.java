package dev.faultline.litmus.syntax;

import dev.faultline.litmus.grammar.LitmusLexer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.regex.Pattern;
import org.antlr.v4.runtime.Token;

/// Looks at what must be closed before the parser does: a missing brace or quote makes nonsense of all
/// that follows, and the parser would complain about that instead.
final class Brackets {
    private static final Pattern FUNCTION = Pattern.compile("P[0-9]+|init|final");

    private Brackets() {}

    /// Reports the first string, character or comment that nothing closes.
    static void checkClosed(List<Token> tokens, Diagnostics diagnostics) {
        for (Token token : tokens) {
            if (token.getType() == LitmusLexer.UNCLOSED) {
                reportUnclosed(token, diagnostics);
                return;
            }
        }
    }

    private static void reportUnclosed(Token token, Diagnostics diagnostics) {
        Span span = Tokens.span(token);
        String text = token.getText();
        switch (text.charAt(0)) {
            case '"' -> diagnostics.report(span, "this string is not closed", "'\"' before the end of the line");
            case '\'' -> diagnostics.report(span, "this character constant is not closed", "one character and \"'\"");
            case '/' -> diagnostics.report(span, "this comment is not closed", "'*/'");
            default -> diagnostics.report(span, "this comment is not closed", "'*)'");
        }
    }

    /// Reports a brace that closes nothing or that nothing closes.
    static void checkBraces(List<Token> tokens, Diagnostics diagnostics) {
        Deque<Token> open = new ArrayDeque<>();
        for (Token token : tokens) {
            switch (token.getType()) {
                case LitmusLexer.MACHINE_OPEN, LitmusLexer.LBRACE -> open.push(token);
                case LitmusLexer.MACHINE_CLOSE -> open.pop();
                case LitmusLexer.RBRACE -> {
                    if (open.isEmpty()) {
                        diagnostics.report(Tokens.span(token), "this '}' closes nothing", "a '{' before it");
                        return;
                    }
                    open.pop();
                }
                default -> {}
            }
        }
        if (!open.isEmpty()) {
            reportOpen(tokens, open.getLast(), diagnostics);
        }
    }

    /// `outermost` stays open to the end: the next part of the file, if there is one, tells where it should not.
    private static void reportOpen(List<Token> tokens, Token outermost, Diagnostics diagnostics) {
        String opened = "the '{' of line " + outermost.getLine() + " is not closed";
        for (int i = outermost.getTokenIndex() + 1; i < tokens.size(); i++) {
            if (beginsPart(tokens, i)) {
                Token part = tokens.get(i);
                diagnostics.report(Tokens.span(part), opened, "'}' before " + Tokens.quote(part));
                return;
            }
        }
        diagnostics.report(Tokens.span(outermost), "this '{' is not closed", "'}'");
    }

    private static boolean beginsPart(List<Token> tokens, int i) {
        Token token = tokens.get(i);
        boolean firstInLine = token.getLine() != tokens.get(i - 1).getLine();
        return switch (token.getText()) {
            case "exists", "forall", "expect" -> firstInLine;
            case "~" -> firstInLine && tokens.get(i + 1).getText().equals("exists");
            default -> FUNCTION.matcher(token.getText()).matches()
                    && i + 3 < tokens.size()
                    && tokens.get(i + 1).getText().equals("(")
                    && tokens.get(i + 2).getText().equals(")")
                    && tokens.get(i + 3).getText().equals("{");
        };
    }
}
