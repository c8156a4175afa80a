package dev.faultline.litmus.syntax;

import dev.faultline.litmus.grammar.LitmusLexer;
import java.util.ArrayList;
import java.util.List;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.misc.IntervalSet;

/// Tokens as a reader of messages knows them.
final class Tokens {
    private Tokens() {}

    /// {@return the place of a token; of one that spans lines, its first line's part}
    static Span span(Token token) {
        int length = token.getType() == Token.EOF ? 0 : firstLineLength(token.getText());
        return new Span(token.getLine(), token.getCharPositionInLine() + 1, length);
    }

    private static int firstLineLength(String text) {
        int end = text.indexOf('\n');
        String line = end < 0 ? text : text.substring(0, end);
        return line.codePointCount(0, line.length());
    }

    /// {@return the place of a part of the tree: from its first token on, to the end of that line at most}
    static Span span(ParserRuleContext context) {
        Span start = span(context.getStart());
        Token stop = context.getStop();
        return stop == null ? start : start.to(span(stop));
    }

    /// {@return the token as a word}
    static Word word(Token token) {
        return new Word(token.getText(), span(token));
    }

    /// {@return a token as messages quote it}
    static String quote(Token token) {
        String text = token.getText();
        return token.getType() == Token.EOF ? "the end of the file"
                : text.codePointCount(0, text.length()) > 40
                        ? "'" + text.substring(0, text.offsetByCodePoints(0, 37)) + "...'"
                        : "'" + text + "'";
    }

    /// {@return what `expected` stands for, in words: an expression, a statement, or the tokens themselves}
    static String describe(IntervalSet expected) {
        var rest = new IntervalSet(expected);
        var words = new ArrayList<String>();
        take(rest, words, "a statement", LitmusLexer.WHILE, STATEMENT_STARTS);
        take(rest, words, "a type", LitmusLexer.VOLATILE, TYPE_STARTS);
        take(rest, words, "an expression", LitmusLexer.SIZEOF, EXPRESSION_STARTS);
        if (rest.contains(LitmusLexer.CARET) && rest.contains(LitmusLexer.SHIFT_LEFT)) {
            rest = rest.subtract(OPERATORS);
            if (rest.size() == 0) {
                words.add("an operator");
            }
        }
        rest.toList().forEach(type -> words.add(name(type)));
        return join(words);
    }

    private static void take(
            IntervalSet rest, List<String> words, String phrase, int sign, IntervalSet group) {
        if (rest.contains(sign)) {
            group.toList().forEach(rest::remove);
            words.add(phrase);
        }
    }

    private static String join(List<String> words) {
        int last = words.size() - 1;
        return last < 1 ? String.join("", words) : String.join(", ", words.subList(0, last)) + " or " + words.get(last);
    }

    private static String name(int type) {
        return switch (type) {
            case Token.EOF -> "the end of the file";
            case LitmusLexer.IDENTIFIER -> "a name";
            case LitmusLexer.WORD -> "a word";
            case LitmusLexer.INTEGER -> "a number";
            case LitmusLexer.CHAR -> "a character constant";
            case LitmusLexer.STRING -> "a string";
            case LitmusLexer.TYPEDEF_NAME -> "a type";
            case LitmusLexer.ASSIGN_OPERATOR -> "'+='";
            case LitmusLexer.CONDITION_NOT -> "'~'";
            case LitmusLexer.CONDITION_COMPARE -> "'=', '!=', '<', '<=', '>', '>='";
            case LitmusLexer.NOT_EXISTS -> "'~exists'";
            default -> "'" + symbol(type) + "'";
        };
    }

    /// Words that several parts of a file share are known to the lexer by their names only.
    private static String symbol(int type) {
        return switch (type) {
            case LitmusLexer.EXISTS -> "exists";
            case LitmusLexer.FORALL -> "forall";
            case LitmusLexer.EXPECT -> "expect";
            case LitmusLexer.MACHINE_OPEN, LitmusLexer.LBRACE -> "{";
            case LitmusLexer.MACHINE_CLOSE, LitmusLexer.RBRACE -> "}";
            case LitmusLexer.MACHINE_END, LitmusLexer.SEMICOLON -> ";";
            case LitmusLexer.MACHINE_EQUALS, LitmusLexer.ASSIGN -> "=";
            case LitmusLexer.MACHINE_SLASH, LitmusLexer.SLASH -> "/";
            case LitmusLexer.LPAREN -> "(";
            case LitmusLexer.RPAREN -> ")";
            case LitmusLexer.LBRACKET -> "[";
            case LitmusLexer.RBRACKET -> "]";
            case LitmusLexer.COMMA -> ",";
            case LitmusLexer.COLON -> ":";
            case LitmusLexer.PLUS -> "+";
            case LitmusLexer.MINUS -> "-";
            case LitmusLexer.CONDITION_AND -> "/\\";
            case LitmusLexer.CONDITION_OR -> "\\/";
            default -> literal(type);
        };
    }

    private static String literal(int type) {
        String literal = LitmusLexer.VOCABULARY.getLiteralName(type);
        return literal == null
                ? LitmusLexer.VOCABULARY.getDisplayName(type) : literal.substring(1, literal.length() - 1);
    }

    private static final IntervalSet TYPE_STARTS = new IntervalSet(
            LitmusLexer.VOID, LitmusLexer.CHAR_TYPE, LitmusLexer.SHORT, LitmusLexer.INT, LitmusLexer.LONG,
            LitmusLexer.SIGNED, LitmusLexer.UNSIGNED, LitmusLexer.STRUCT, LitmusLexer.CONST, LitmusLexer.VOLATILE,
            LitmusLexer.TYPEDEF_NAME);
    private static final IntervalSet EXPRESSION_STARTS = new IntervalSet(
            LitmusLexer.IDENTIFIER, LitmusLexer.INTEGER, LitmusLexer.CHAR, LitmusLexer.STRING, LitmusLexer.LPAREN,
            LitmusLexer.SIZEOF, LitmusLexer.INCREMENT, LitmusLexer.DECREMENT, LitmusLexer.PLUS, LitmusLexer.MINUS,
            LitmusLexer.EXCLAMATION, LitmusLexer.TILDE, LitmusLexer.STAR, LitmusLexer.AMPERSAND);
    private static final IntervalSet STATEMENT_STARTS = IntervalSet.or(new IntervalSet[] {
        TYPE_STARTS, EXPRESSION_STARTS,
        new IntervalSet(LitmusLexer.LBRACE, LitmusLexer.SEMICOLON, LitmusLexer.IF, LitmusLexer.WHILE, LitmusLexer.DO,
                LitmusLexer.FOR, LitmusLexer.BREAK, LitmusLexer.CONTINUE, LitmusLexer.RETURN)});
    private static final IntervalSet OPERATORS = new IntervalSet(
            LitmusLexer.LBRACKET, LitmusLexer.DOT, LitmusLexer.ARROW, LitmusLexer.INCREMENT, LitmusLexer.DECREMENT,
            LitmusLexer.LPAREN, LitmusLexer.STAR, LitmusLexer.SLASH, LitmusLexer.PERCENT, LitmusLexer.PLUS,
            LitmusLexer.MINUS, LitmusLexer.SHIFT_LEFT, LitmusLexer.SHIFT_RIGHT, LitmusLexer.LESS,
            LitmusLexer.LESS_EQUAL, LitmusLexer.GREATER, LitmusLexer.GREATER_EQUAL, LitmusLexer.EQUAL,
            LitmusLexer.NOT_EQUAL, LitmusLexer.AMPERSAND, LitmusLexer.CARET, LitmusLexer.BAR, LitmusLexer.AND_AND,
            LitmusLexer.BAR_BAR, LitmusLexer.QUESTION, LitmusLexer.ASSIGN, LitmusLexer.ASSIGN_OPERATOR,
            LitmusLexer.STRING);
}
