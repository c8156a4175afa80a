package dev.faultline.litmus.syntax;

import dev.faultline.litmus.grammar.LitmusLexer;
import dev.faultline.litmus.grammar.LitmusParser;
import java.util.List;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.TokenStream;
import org.antlr.v4.runtime.misc.IntervalSet;

/// Says what a syntax error is, in the words of the language rather than of its grammar.
final class SyntaxMessage {
    /// Words of C that mean something to a reader of C, but nothing here.
    private static final List<String> FOREIGN = List.of(
            "switch", "case", "default", "goto", "typedef", "static", "extern", "register", "auto", "inline",
            "union", "enum", "float", "double", "bool", "_Bool", "_Atomic", "restrict", "typeof", "asm");
    private static final List<String> TYPES = List.of(
            "char", "short", "int", "long", "signed", "unsigned", "void", "struct", "size_t", "ssize_t", "off_t",
            "int8_t", "int16_t", "int32_t", "int64_t", "uint8_t", "uint16_t", "uint32_t", "uint64_t",
            "pid_t", "mode_t", "intptr_t", "uintptr_t", "aio_context_t");

    private final TokenStream tokens;
    private final Token found;
    private final ParserRuleContext where;
    private final RecognitionException error;

    SyntaxMessage(TokenStream tokens, RecognitionException error) {
        this.tokens = tokens;
        this.error = error;
        this.found = error.getOffendingToken();
        this.where = (ParserRuleContext) error.getCtx();
    }

    void reportTo(Diagnostics diagnostics) {
        if (!reportForeign(diagnostics) && !reportUnknownType(diagnostics) && !reportMissingEnd(diagnostics)) {
            boolean atEnd = found.getType() == Token.EOF;
            Span span = atEnd ? Tokens.span(previous()).end() : Tokens.span(found);
            diagnostics.report(span, what(), expected());
        }
    }

    private boolean reportForeign(Diagnostics diagnostics) {
        Token first = where.getStart();
        for (Token token : List.of(found, previous(), first)) {
            if (isIdentifier(token) && FOREIGN.contains(token.getText()) && token.getLine() == found.getLine()) {
                diagnostics.report(Tokens.span(token), Tokens.quote(token) + " is not part of this language",
                        "integers, pointers, one-dimensional arrays, and if, while, do or for");
                return true;
            }
        }
        if (found.getText().equals("#")) {
            diagnostics.report(Tokens.span(found), "there is no preprocessor",
                    "C; the constants of the public headers are known by their names");
            return true;
        }
        return false;
    }

    /// Two names in a row: the first was meant as a type.
    private boolean reportUnknownType(Diagnostics diagnostics) {
        if (!isIdentifier(found) || !isIdentifier(previous()) || !beginsStatement(previous())) {
            return false;
        }
        Word type = Tokens.word(previous());
        diagnostics.reportUnknown(type, "'" + type + "' is not a type of this language", "a type", TYPES);
        return true;
    }

    /// What lacks its end is wrong there, not where the next line begins.
    private boolean reportMissingEnd(Diagnostics diagnostics) {
        boolean endMissing = where instanceof LitmusParser.DirectiveContext || expected().equals("';'");
        boolean endsLine = found.getLine() != previous().getLine();
        if (endMissing && endsLine) {
            diagnostics.report(Tokens.span(previous()).end(), "nothing ends this", "';'");
        }
        return endMissing && endsLine;
    }

    private String what() {
        return switch (where) {
            case LitmusParser.FunctionContext function when function.LPAREN() != null && function.RPAREN() == null ->
                "a thread takes no parameters: it sees the globals";
            case LitmusParser.DeclarationContext _, LitmusParser.DeclaratorContext _
                    when found.getType() == LitmusLexer.LPAREN ->
                "only init, P0, P1, ... and final are functions, and they have no type";
            default -> found.getType() == Token.EOF ? "the file ends too soon"
                    : Tokens.quote(found) + " cannot stand here";
        };
    }

    private String expected() {
        return switch (where) {
            case LitmusParser.HeaderContext header ->
                header.kind == null ? "'C' and the name of the test" : "the name of the test";
            case LitmusParser.MachineContext machine ->
                machine.MACHINE_OPEN() == null ? "'{', which opens the machine description"
                        : "a directive, or '}', which closes the machine description";
            case LitmusParser.DirectiveContext _ -> found.getType() == LitmusLexer.INVALID
                    ? "';', and '}' before the first global or thread" : "an argument or ';'";
            case LitmusParser.WordContext _ -> "a path, a number or a name";
            case LitmusParser.FileContext _ -> fileExpects();
            case LitmusParser.PartContext _ -> "a global, init, a thread, final or a condition";
            case LitmusParser.PropositionContext _, LitmusParser.ConditionContext _
                    when found.getType() == LitmusLexer.INVALID && !inCondition().isEmpty() -> inCondition();
            case LitmusParser.ExpectationContext line when line.COLON() != null -> "a verdict such as holds or deadlock";
            case LitmusParser.ExpectationContext line when line.kernel == null -> "a kernel such as v5.14";
            case LitmusParser.BlockContext block when block.LBRACE() != null -> "a statement or '}'";
            case LitmusParser.PropositionContext _, LitmusParser.OperandContext _ when !known() ->
                "an observable such as 0:r, a constant, '~', '(' or true";
            case LitmusParser.ConditionContext condition when condition.LPAREN() == null -> "'('";
            case LitmusParser.ExpressionContext _ when !known() -> "an expression";
            case LitmusParser.StatementContext _ when !known() -> "a statement";
            default -> Tokens.describe(expectedTokens());
        };
    }

    /// What C writes otherwise than a condition does.
    private String inCondition() {
        return switch (found.getText()) {
            case "==" -> "'='";
            case "&&" -> "'/\\'";
            case "||" -> "'\\/'";
            case "!" -> "'~'";
            default -> "";
        };
    }

    private String fileExpects() {
        var file = (LitmusParser.FileContext) where;
        if (!file.expectation().isEmpty()) {
            return "another 'expect' line or the end of the file";
        }
        return file.condition() != null ? "an 'expect' line or the end of the file"
                : "a global, init, a thread, final, a condition, an 'expect' line or the end of the file";
    }

    /// Whether the grammar's own set of expected tokens says more than the rule does: not where the parser looked
    /// ahead, nor where an operand could start.
    private boolean known() {
        IntervalSet expected = expectedTokens();
        return error.getOffendingToken() == tokens.LT(1)
                && (where instanceof LitmusParser.ExpressionContext
                        || !expected.contains(LitmusLexer.CONDITION_TRUE) && !expected.contains(LitmusLexer.INTEGER));
    }

    private IntervalSet expectedTokens() {
        IntervalSet expected = error.getExpectedTokens();
        return expected == null ? new IntervalSet() : expected;
    }

    private boolean beginsStatement(Token token) {
        int index = token.getTokenIndex();
        return index > 0 && switch (tokens.get(index - 1).getType()) {
            case LitmusLexer.SEMICOLON, LitmusLexer.LBRACE, LitmusLexer.RBRACE, LitmusLexer.MACHINE_CLOSE -> true;
            default -> false;
        };
    }

    private Token previous() {
        int index = found.getTokenIndex();
        return index == 0 ? found : tokens.get(index - 1);
    }

    private static boolean isIdentifier(Token token) {
        return token.getType() == LitmusLexer.IDENTIFIER;
    }
}
