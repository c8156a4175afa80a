package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.Declaration;
import dev.faultline.litmus.syntax.Declaration.Initializer;
import dev.faultline.litmus.syntax.Expression;
import dev.faultline.litmus.syntax.Part;
import dev.faultline.litmus.syntax.Span;
import dev.faultline.litmus.syntax.Statement;
import dev.faultline.litmus.syntax.Word;
import dev.faultline.litmus.types.TypedExpression.Address;
import dev.faultline.litmus.types.TypedExpression.Const;
import dev.faultline.litmus.types.TypedExpression.RegisterAssign;
import dev.faultline.litmus.types.TypedExpression.Store;
import dev.faultline.litmus.types.TypedStatement.LoopKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Checks the statements of one body. Each statement that is wrong is reported by itself.
final class BodyChecker {
    /// What Linux allows where nobody asks for more.
    private static final long MOST_STACK_BYTES = 8 << 20;

    private final Surroundings surroundings;
    private final Frame frame;
    private final ExpressionChecker expressions;
    private final Declarations declarations;
    private int loops;

    private BodyChecker(Surroundings surroundings, Frame frame) {
        this.surroundings = surroundings;
        this.frame = frame;
        this.expressions = new ExpressionChecker(surroundings, frame);
        this.declarations = new Declarations(surroundings, expressions);
    }

    /// {@return the checked body of `function`; where something was reported it is not to be run}
    static Body check(Part.Function function, Placement placement, Surroundings surroundings) {
        var frame = new Frame(AddressTaken.in(function.body()));
        TypedStatement.Block code = new BodyChecker(surroundings, frame).block(function.body());
        return new Body(function.name().text(), placement, frame.locals(), frame.registers(), frame.stackBytes(),
                frame.stackAlignment(), code, function.name().span());
    }

    private TypedStatement.Block block(Statement.Block block) {
        frame.enterScope();
        List<TypedStatement> statements = block.statements().stream().map(this::statement).toList();
        frame.leaveScope();
        return new TypedStatement.Block(statements, block.span());
    }

    private TypedStatement scoped(Statement statement) {
        frame.enterScope();
        TypedStatement checked = statement(statement);
        frame.leaveScope();
        return checked;
    }

    private TypedStatement statement(Statement statement) {
        Span span = statement.span();
        return switch (statement) {
            case Statement.Block block -> block(block);
            case Statement.Declare(var declaration) -> declare(declaration);
            case Statement.Evaluate(var expression, _) -> evaluate(expression, span);
            case Statement.Empty _ -> nothing(span);
            case Statement.If choice -> new TypedStatement.If(test(choice.test()), scoped(choice.chosen()),
                    choice.otherwise().map(this::scoped).orElseGet(() -> nothing(span)), span);
            case Statement.While loop ->
                new TypedStatement.Loop(LoopKind.TEST_FIRST, test(loop.test()), turn(loop.body()), nothing(span), span);
            case Statement.DoWhile loop -> {
                TypedStatement body = turn(loop.body());
                yield new TypedStatement.Loop(LoopKind.BODY_FIRST, test(loop.test()), body, nothing(span), span);
            }
            case Statement.For loop -> count(loop);
            case Statement.Break _ -> {
                checkInLoop("break", span);
                yield new TypedStatement.Break(span);
            }
            case Statement.Continue _ -> {
                checkInLoop("continue", span);
                yield new TypedStatement.Continue(span);
            }
            case Statement.Return(var value, _) -> {
                value.ifPresent(returned -> surroundings.diagnostics().report(
                        returned.span(), "nobody takes what a body returns", "';' after return"));
                yield new TypedStatement.Return(span);
            }
        };
    }

    private static TypedStatement nothing(Span span) {
        return new TypedStatement.Block(List.of(), span);
    }

    private void checkInLoop(String word, Span span) {
        if (loops == 0) {
            surroundings.diagnostics().report(span, "'" + word + "' stands in no loop", "while, do or for around it");
        }
    }

    private TypedStatement turn(Statement body) {
        loops++;
        TypedStatement checked = scoped(body);
        loops--;
        return checked;
    }

    private TypedStatement count(Statement.For loop) {
        frame.enterScope();
        TypedStatement start = statement(loop.start());
        TypedExpression test = loop.test().map(this::test)
                .orElseGet(() -> new Const(IntegerType.INT, 1, loop.span()));
        TypedStatement step = loop.step().map(expression -> evaluate(expression, expression.span()))
                .orElseGet(() -> nothing(loop.span()));
        TypedStatement body = turn(loop.body());
        frame.leaveScope();
        var turns = new TypedStatement.Loop(LoopKind.TEST_FIRST, test, body, step, loop.span());
        return new TypedStatement.Block(List.of(start, turns), loop.span());
    }

    /// A test that is wrong is reported; anything stands for it, as the body will not run.
    private TypedExpression test(Expression expression) {
        try {
            return expressions.scalar(expression);
        } catch (Rejected _) {
            return new Const(IntegerType.INT, 0, expression.span());
        }
    }

    private TypedStatement evaluate(Expression expression, Span span) {
        try {
            return new TypedStatement.Evaluate(expressions.value(expression), span);
        } catch (Rejected _) {
            return nothing(span);
        }
    }

    private TypedStatement declare(Declaration declaration) {
        List<TypedStatement> statements = new ArrayList<>();
        for (Declaration.Declarator declarator : declaration.declarators()) {
            try {
                declare(declaration, declarator, statements);
            } catch (Rejected _) {
                standIn(declarator.name());
            }
        }
        return new TypedStatement.Block(List.copyOf(statements), declaration.span());
    }

    /// So that the uses of a name whose declaration was refused are not errors as well.
    private void standIn(Word name) {
        if (frame.findInnermost(name.text()).isEmpty()) {
            frame.declare(name, IntegerType.INT);
            frame.complainAbout(name.text());
        }
    }

    private void declare(
            Declaration declaration, Declaration.Declarator declarator, List<TypedStatement> statements) {
        Word name = declarator.name();
        declarations.checkName(name);
        Optional<Local> earlier = frame.findInnermost(name.text());
        if (earlier.isPresent()) {
            throw surroundings.reject(name.span(), "'" + name + "' is declared twice",
                    "another name than that of line " + earlier.get().span().line());
        }
        Local local = frame.declare(name, declarations.typeOf(declaration, declarator));
        if (frame.stackBytes() > MOST_STACK_BYTES) {
            throw surroundings.reject(name.span(), "'" + name + "' makes the stack larger than 8 MiB",
                    "locals that fit, or a global");
        }
        declarator.initializer().ifPresent(
                initializer -> statements.addAll(initialise(local, initializer, declarator.span())));
    }

    private List<TypedStatement> initialise(Local local, Initializer initializer, Span span) {
        return switch (local.storage()) {
            case Local.Storage.Register(int slot) -> {
                TypedExpression value = scalar(local.type(), initializer, span);
                yield List.of(new TypedStatement.Evaluate(
                        new RegisterAssign(local.type(), slot, value, span), span));
            }
            case Local.Storage.Stack(long offset) -> initialiseMemory(local, offset, initializer, span);
        };
    }

    private TypedExpression scalar(CType type, Initializer initializer, Span span) {
        Contents contents = contents(type, initializer);
        return contents.unknown().isEmpty()
                ? new Const(type, littleEndian(contents, type), span)
                : contents.unknown().getFirst().value();
    }

    private static long littleEndian(Contents contents, CType type) {
        long bits = 0;
        for (int i = contents.known().length() - 1; i >= 0; i--) {
            bits = bits << Byte.SIZE | contents.known().at(i);
        }
        return Arithmetic.convert(type, bits);
    }

    private Contents contents(CType type, Initializer initializer) {
        return Contents.of(surroundings, expressions, declarations, type, initializer);
    }

    private List<TypedStatement> initialiseMemory(Local local, long offset, Initializer initializer, Span span) {
        var address = new Address(new CType.Pointer(local.type()), Segment.STACK, offset, span);
        if (local.type().isScalar()) {
            return List.of(new TypedStatement.Evaluate(
                    new Store(local.type(), address, scalar(local.type(), initializer, span), span), span));
        }
        if (local.type() instanceof CType.Struct struct && initializer instanceof Initializer.Single(var source)) {
            return List.of(new TypedStatement.Evaluate(
                    expressions.assignments().copy(struct, address, source, span), span));
        }
        Contents contents = contents(local.type(), initializer);
        List<TypedStatement> statements = new ArrayList<>();
        statements.add(new TypedStatement.Fill(address, contents.known(), span));
        for (Contents.Unknown part : contents.unknown()) {
            var place = new Address(new CType.Pointer(part.type()), Segment.STACK, offset + part.offset(), span);
            statements.add(new TypedStatement.Evaluate(new Store(part.type(), place, part.value(), span), span));
        }
        return statements;
    }
}
