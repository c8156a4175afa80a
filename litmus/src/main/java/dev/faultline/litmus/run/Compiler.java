package dev.faultline.litmus.run;

import dev.faultline.kernel.mm.Signal;
import dev.faultline.kernel.mm.SignalRaised;
import dev.faultline.litmus.run.Action.Flow;
import dev.faultline.litmus.syntax.BinaryOperator;
import dev.faultline.litmus.syntax.Expression.LogicalOperator;
import dev.faultline.litmus.types.Arithmetic;
import dev.faultline.litmus.types.CType;
import dev.faultline.litmus.types.DataImage;
import dev.faultline.litmus.types.IntegerType;
import dev.faultline.litmus.types.Segment;
import dev.faultline.litmus.types.TypedExpression;
import dev.faultline.litmus.types.TypedStatement;
import dev.faultline.litmus.types.TypedStatement.LoopKind;
import dev.faultline.machine.task.RetryLoop;
import java.util.List;

/// Turns typed bodies into code: one closure a node, made once a program.
///
/// Every loop of a program declares itself as a retry loop, with all registers live, so that a program
/// that spins for something is understood as such.
final class Compiler {
    private final CallCompiler calls;

    /// A compiler for programs with that segment of string literals.
    Compiler(DataImage readOnly) {
        this.calls = new CallCompiler(this, readOnly);
    }

    // ---- statements ----

    Action compile(TypedStatement statement) {
        return switch (statement) {
            case TypedStatement.Block block -> block(block.statements());
            case TypedStatement.Evaluate evaluate -> evaluate(compile(evaluate.expression()));
            case TypedStatement.Fill fill -> fill(fill);
            case TypedStatement.If choice -> choice(choice);
            case TypedStatement.Loop loop -> loop(loop);
            case TypedStatement.Break _ -> frame -> Flow.BREAK;
            case TypedStatement.Continue _ -> frame -> Flow.CONTINUE;
            case TypedStatement.Return _ -> frame -> Flow.RETURN;
        };
    }

    private Action block(List<TypedStatement> statements) {
        Action[] actions = statements.stream().map(this::compile).toArray(Action[]::new);
        return frame -> {
            for (Action action : actions) {
                Flow flow = action.run(frame);
                if (flow != Flow.NEXT) {
                    return flow;
                }
            }
            return Flow.NEXT;
        };
    }

    private static Action evaluate(Code code) {
        return frame -> {
            code.run(frame);
            return Flow.NEXT;
        };
    }

    private Action fill(TypedStatement.Fill fill) {
        Code target = compile(fill.target());
        byte[] bytes = fill.content().toArray();
        return frame -> {
            UserLoops.copyIn(frame.memory(), target.run(frame), bytes);
            return Flow.NEXT;
        };
    }

    private Action choice(TypedStatement.If choice) {
        Code test = compile(choice.test());
        Action chosen = compile(choice.chosen());
        Action otherwise = compile(choice.otherwise());
        return frame -> test.run(frame) != 0 ? chosen.run(frame) : otherwise.run(frame);
    }

    private Action loop(TypedStatement.Loop loop) {
        Code test = compile(loop.test());
        Action body = compile(loop.body());
        Action step = compile(loop.step());
        boolean bodyFirst = loop.kind() == LoopKind.BODY_FIRST;
        String site = "loop in line " + loop.span().line();
        return frame -> {
            RetryLoop retry = frame.kernel().machine().retryLoop(site);
            boolean skipTest = bodyFirst;
            while (skipTest || test.run(frame) != 0) {
                skipTest = false;
                Flow flow = body.run(frame);
                if (flow == Flow.RETURN) {
                    return flow;
                }
                if (flow == Flow.BREAK) {
                    break;
                }
                step.run(frame);
                if (!frame.isReplaying()) {
                    retry.again(frame.live());
                }
            }
            return Flow.NEXT;
        };
    }

    // ---- expressions ----

    Code compile(TypedExpression expression) {
        return switch (expression) {
            case TypedExpression.Const constant -> value(constant.value());
            case TypedExpression.RegisterRead read -> register(read.slot());
            case TypedExpression.RegisterAssign assign -> assign(assign.slot(), compile(assign.value()));
            case TypedExpression.Address address -> address(address.segment(), address.offset());
            case TypedExpression.Load load -> load(load.type(), compile(load.address()));
            case TypedExpression.Store store -> store(store.type(), compile(store.address()), compile(store.value()));
            case TypedExpression.CopyStruct copy -> copyStruct(copy);
            case TypedExpression.Unary unary -> unary(unary);
            case TypedExpression.Binary binary -> binary(binary);
            case TypedExpression.Logical logical -> logical(logical);
            case TypedExpression.Conditional conditional -> conditional(conditional);
            case TypedExpression.Sequence sequence -> sequence(compile(sequence.first()), compile(sequence.second()));
            case TypedExpression.Convert convert -> convert(convert);
            case TypedExpression.Call call -> calls.compile(call);
            case TypedExpression.ErrnoRead _ -> Frame::errno;
            case TypedExpression.ErrnoAssign assign -> setErrno(compile(assign.value()));
        };
    }

    private static Code value(long value) {
        return frame -> value;
    }

    private static Code register(int slot) {
        return frame -> frame.register(slot);
    }

    private static Code assign(int slot, Code value) {
        return frame -> frame.setRegister(slot, value.run(frame));
    }

    private static Code setErrno(Code value) {
        return frame -> frame.setErrno(value.run(frame));
    }

    private static Code address(Segment segment, long offset) {
        return frame -> frame.address(segment, offset);
    }

    private static Code load(CType type, Code address) {
        int size = (int) type.size();
        IntegerType form = type instanceof IntegerType integer ? integer : IntegerType.UNSIGNED_LONG;
        return frame -> form.normalise(frame.memory().load(address.run(frame), size));
    }

    private static Code store(CType type, Code address, Code value) {
        int size = (int) type.size();
        return frame -> {
            long at = address.run(frame);
            long stored = value.run(frame);
            frame.memory().store(at, size, stored);
            return stored;
        };
    }

    private Code copyStruct(TypedExpression.CopyStruct copy) {
        Code target = compile(copy.target());
        Code source = compile(copy.source());
        long size = copy.struct().size();
        return frame -> UserLoops.memcpy(frame.memory(), target.run(frame), source.run(frame), size);
    }

    private Code unary(TypedExpression.Unary unary) {
        Code operand = compile(unary.operand());
        CType type = unary.operand().type();
        return frame -> Arithmetic.unary(unary.operation(), type, operand.run(frame));
    }

    private Code binary(TypedExpression.Binary binary) {
        Code left = compile(binary.left());
        Code right = compile(binary.right());
        BinaryOperator operator = binary.operator();
        CType type = binary.operandType();
        return frame -> {
            long a = left.run(frame);
            long b = right.run(frame);
            if (Arithmetic.traps(operator, type, a, b)) {
                throw new SignalRaised(Signal.SIGFPE);
            }
            return Arithmetic.binary(operator, type, a, b);
        };
    }

    private Code logical(TypedExpression.Logical logical) {
        Code left = compile(logical.left());
        Code right = compile(logical.right());
        boolean and = logical.operator() == LogicalOperator.AND;
        return frame -> {
            boolean first = left.run(frame) != 0;
            boolean result = first == and ? right.run(frame) != 0 : first;
            return result ? 1 : 0;
        };
    }

    private Code conditional(TypedExpression.Conditional conditional) {
        Code test = compile(conditional.test());
        Code chosen = compile(conditional.chosen());
        Code otherwise = compile(conditional.otherwise());
        return frame -> test.run(frame) != 0 ? chosen.run(frame) : otherwise.run(frame);
    }

    private static Code sequence(Code first, Code second) {
        return frame -> {
            first.run(frame);
            return second.run(frame);
        };
    }

    private Code convert(TypedExpression.Convert convert) {
        Code operand = compile(convert.operand());
        if (!convert.changesValue()) {
            return operand;
        }
        CType type = convert.type();
        return frame -> Arithmetic.convert(type, operand.run(frame));
    }
}
