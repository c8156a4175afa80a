package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.Bytes;
import dev.faultline.litmus.syntax.Expression.LogicalOperator;
import java.util.ArrayList;
import java.util.List;

/// Runs one typed body on flat memory, without a kernel: what C computes can be tested before there is one.
/// A call returns the number of its arguments and is noted in [#calls].
final class FlatMachine {
    private static final int DATA = 0x10000;
    private static final int READ_ONLY = 0x40000;
    private static final int STACK = 0x60000;
    private static final int MOST_TURNS = 100_000;

    private final byte[] memory = new byte[0x80000];
    private final Program program;
    private final Body body;
    private final long[] registers;
    private final List<String> calls = new ArrayList<>();
    private long errno;
    private int accesses;

    private enum After { NEXT, BREAK, CONTINUE, RETURN }

    private FlatMachine(Program program, Body body) {
        this.program = program;
        this.body = body;
        this.registers = new long[body.registers()];
    }

    /// {@return the machine after P0 has run}
    static FlatMachine run(Program program) {
        var machine = new FlatMachine(program, program.threads().getFirst());
        machine.load(DATA, program.data());
        machine.load(READ_ONLY, program.readOnly());
        machine.execute(machine.body.code());
        return machine;
    }

    private void load(int base, DataImage image) {
        copy(base, image.content());
        for (DataImage.Relocation relocation : image.relocations()) {
            write(base + relocation.offset(), 8, base(relocation.target()) + relocation.addend());
        }
    }

    private void copy(long address, Bytes bytes) {
        System.arraycopy(bytes.toArray(), 0, memory, Math.toIntExact(address), bytes.length());
    }

    private static long base(Segment segment) {
        return switch (segment) {
            case DATA -> DATA;
            case READ_ONLY -> READ_ONLY;
            case STACK -> STACK;
        };
    }

    /// {@return the value of a scalar variable: a local of P0, else a global}
    long value(String name) {
        for (Local local : body.locals()) {
            if (local.name().equals(name)) {
                return switch (local.storage()) {
                    case Local.Storage.Register(int slot) -> registers[slot];
                    case Local.Storage.Stack(long offset) -> read(STACK + offset, local.type());
                };
            }
        }
        Global global = program.global(name).orElseThrow();
        return read(DATA + global.offset(), global.type());
    }

    /// {@return an element of a global array}
    long element(String name, int index) {
        Global global = program.global(name).orElseThrow();
        CType element = ((CType.Array) global.type()).element();
        return read(DATA + global.offset() + index * element.size(), element);
    }

    /// {@return the calls that ran, with their arguments}
    List<String> calls() {
        return calls;
    }

    /// {@return the number of loads and stores so far}
    int accesses() {
        return accesses;
    }

    private long read(long address, CType type) {
        long bits = 0;
        for (int i = (int) type.size() - 1; i >= 0; i--) {
            bits = bits << 8 | memory[Math.toIntExact(address) + i] & 0xff;
        }
        return Arithmetic.convert(type, bits);
    }

    private void write(long address, long size, long value) {
        for (int i = 0; i < size; i++) {
            memory[Math.toIntExact(address) + i] = (byte) (value >>> 8 * i);
        }
    }

    private After execute(TypedStatement statement) {
        return switch (statement) {
            case TypedStatement.Block block -> {
                for (TypedStatement each : block.statements()) {
                    After after = execute(each);
                    if (after != After.NEXT) {
                        yield after;
                    }
                }
                yield After.NEXT;
            }
            case TypedStatement.Evaluate evaluate -> {
                evaluate(evaluate.expression());
                yield After.NEXT;
            }
            case TypedStatement.Fill fill -> {
                copy(evaluate(fill.target()), fill.content());
                yield After.NEXT;
            }
            case TypedStatement.If choice ->
                execute(evaluate(choice.test()) != 0 ? choice.chosen() : choice.otherwise());
            case TypedStatement.Loop loop -> loop(loop);
            case TypedStatement.Break _ -> After.BREAK;
            case TypedStatement.Continue _ -> After.CONTINUE;
            case TypedStatement.Return _ -> After.RETURN;
        };
    }

    private After loop(TypedStatement.Loop loop) {
        boolean tested = loop.kind() == TypedStatement.LoopKind.BODY_FIRST;
        for (int turn = 0; turn < MOST_TURNS; turn++) {
            if (!tested && evaluate(loop.test()) == 0) {
                return After.NEXT;
            }
            tested = false;
            After after = execute(loop.body());
            if (after == After.BREAK || after == After.RETURN) {
                return after == After.BREAK ? After.NEXT : after;
            }
            execute(loop.step());
        }
        throw new AssertionError("the loop does not end");
    }

    private long evaluate(TypedExpression expression) {
        return switch (expression) {
            case TypedExpression.Const known -> known.value();
            case TypedExpression.RegisterRead read -> registers[read.slot()];
            case TypedExpression.RegisterAssign assign -> {
                registers[assign.slot()] = evaluate(assign.value());
                yield registers[assign.slot()];
            }
            case TypedExpression.Address address -> base(address.segment()) + address.offset();
            case TypedExpression.Load load -> {
                accesses++;
                yield read(evaluate(load.address()), load.type());
            }
            case TypedExpression.Store store -> {
                long address = evaluate(store.address());
                long value = evaluate(store.value());
                accesses++;
                write(address, store.type().size(), value);
                yield value;
            }
            case TypedExpression.CopyStruct copy -> {
                long target = evaluate(copy.target());
                long source = evaluate(copy.source());
                System.arraycopy(memory, (int) source, memory, (int) target, (int) copy.struct().size());
                yield 0;
            }
            case TypedExpression.Unary unary ->
                Arithmetic.unary(unary.operation(), unary.operand().type(), evaluate(unary.operand()));
            case TypedExpression.Binary binary -> Arithmetic.binary(
                    binary.operator(), binary.operandType(), evaluate(binary.left()), evaluate(binary.right()));
            case TypedExpression.Logical logical -> {
                boolean left = evaluate(logical.left()) != 0;
                boolean decided = logical.operator() == LogicalOperator.AND ? !left : left;
                yield (decided ? left : evaluate(logical.right()) != 0) ? 1 : 0;
            }
            case TypedExpression.Conditional choice ->
                evaluate(evaluate(choice.test()) != 0 ? choice.chosen() : choice.otherwise());
            case TypedExpression.Sequence sequence -> {
                evaluate(sequence.first());
                yield evaluate(sequence.second());
            }
            case TypedExpression.Convert convert -> convert(convert);
            case TypedExpression.Call call -> {
                List<Long> arguments = call.arguments().stream().map(this::evaluate).toList();
                calls.add(call.signature().name() + arguments);
                yield arguments.size();
            }
            case TypedExpression.ErrnoRead _ -> errno;
            case TypedExpression.ErrnoAssign assign -> {
                errno = evaluate(assign.value());
                yield errno;
            }
        };
    }

    private long convert(TypedExpression.Convert convert) {
        long value = evaluate(convert.operand());
        if (convert.type() instanceof CType.Void) {
            return 0;
        }
        long converted = Arithmetic.convert(convert.type(), value);
        if (!convert.changesValue() && converted != value) {
            throw new AssertionError("said to change nothing: " + value + " as " + convert.type());
        }
        return converted;
    }
}
