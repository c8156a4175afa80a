package dev.faultline.live.translate;

import dev.faultline.litmus.types.Body;
import dev.faultline.litmus.types.TypedExpression;
import dev.faultline.litmus.types.TypedStatement;
import dev.faultline.litmus.types.TypedStatement.LoopKind;

/// Writes the statements of a body.
final class BodyWriter {
    private final Body body;
    private final Memory memory;
    private final ExpressionWriter expressions;
    private final StringBuilder code = new StringBuilder();

    BodyWriter(Body body, Memory memory, ExpressionWriter expressions) {
        this.body = body;
        this.memory = memory;
        this.expressions = expressions;
    }

    /// {@return the code of the body, `depth` tabs from the margin}
    String write(int depth) {
        body.code().statements().forEach(statement -> write(statement, depth));
        return code.toString();
    }

    private void line(int depth, String text) {
        code.append("\t".repeat(depth)).append(text).append('\n');
    }

    private void write(TypedStatement statement, int depth) {
        switch (statement) {
            case TypedStatement.Block block -> block.statements().forEach(inner -> write(inner, depth));
            case TypedStatement.Evaluate evaluate -> evaluate(evaluate.expression(), depth);
            case TypedStatement.Fill fill -> fill(fill, depth);
            case TypedStatement.If choice -> choice(choice, depth);
            case TypedStatement.Loop loop -> loop(loop, depth);
            case TypedStatement.Break _ -> line(depth, "break;");
            case TypedStatement.Continue _ -> line(depth, "continue;");
            case TypedStatement.Return _ -> line(depth, "goto end;");
        }
    }

    private void evaluate(TypedExpression expression, int depth) {
        if (!(expression instanceof TypedExpression.Const)) {
            line(depth, expressions.statement(expression) + ";");
        }
    }

    private void fill(TypedStatement.Fill fill, int depth) {
        byte[] bytes = fill.content().toArray();
        boolean zero = true;
        for (byte b : bytes) {
            zero &= b == 0;
        }
        String target = "(void *)" + new Text(memory.address(fill.target(), body).text(), Text.ADDITIVE).at(Text.UNARY);
        line(depth, zero ? "set_memory(" + target + ", 0, " + bytes.length + ");"
                : "copy_memory(" + target + ", " + Literal.quote(bytes) + ", " + bytes.length + ");");
    }

    private void choice(TypedStatement.If choice, int depth) {
        line(depth, "if (" + expressions.write(choice.test()).text() + ") {");
        write(choice.chosen(), depth + 1);
        if (choice.otherwise() instanceof TypedStatement.Block block && block.statements().isEmpty()) {
            line(depth, "}");
            return;
        }
        line(depth, "} else {");
        write(choice.otherwise(), depth + 1);
        line(depth, "}");
    }

    private void loop(TypedStatement.Loop loop, int depth) {
        String test = expressions.write(loop.test()).text();
        String step = step(loop.step());
        if (loop.kind() == LoopKind.BODY_FIRST) {
            line(depth, "do {");
            write(loop.body(), depth + 1);
            line(depth, "} while (" + test + ");");
            return;
        }
        line(depth, step.isEmpty() ? "while (" + test + ") {" : "for (; " + test + "; " + step + ") {");
        write(loop.body(), depth + 1);
        line(depth, "}");
    }

    /// {@return what a `for` does behind its body}
    private String step(TypedStatement step) {
        return switch (step) {
            case TypedStatement.Evaluate evaluate -> expressions.statement(evaluate.expression());
            case TypedStatement.Block block when block.statements().isEmpty() -> "";
            case TypedStatement.Block block when block.statements().size() == 1 -> step(block.statements().getFirst());
            default -> throw new IllegalArgumentException("a for has one expression behind its body: " + step);
        };
    }
}
