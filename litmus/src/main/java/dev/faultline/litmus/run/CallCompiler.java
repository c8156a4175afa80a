package dev.faultline.litmus.run;

import dev.faultline.kernel.mm.Signal;
import dev.faultline.kernel.mm.SignalRaised;
import dev.faultline.kernel.syscall.SystemCalls;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.litmus.types.CallSignature;
import dev.faultline.litmus.types.DataImage;
import dev.faultline.litmus.types.Segment;
import dev.faultline.litmus.types.TypedExpression;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.Machine;
import java.util.ArrayList;
import java.util.List;

/// Turns calls into code: system calls by name, and the few functions of the C library.
final class CallCompiler {
    private static final int ERRNO_MAX = 511; // numbers above are the kernel's own

    private final Compiler compiler;
    private final DataImage readOnly;

    CallCompiler(Compiler compiler, DataImage readOnly) {
        this.compiler = compiler;
        this.readOnly = readOnly;
    }

    /// {@return the names of the calls that can be compiled}
    static List<String> names() {
        List<String> names = new ArrayList<>(SystemCalls.names());
        names.addAll(List.of("fork", "_exit", "memset", "memcpy", "memcmp", "assert"));
        names.addAll(TagCalls.names());
        return names;
    }

    Code compile(TypedExpression.Call call) {
        Code[] arguments = call.arguments().stream().map(compiler::compile).toArray(Code[]::new);
        return switch (call.signature().origin()) {
            case LIBRARY -> library(call.signature().name(), arguments);
            case SYSTEM_CALL -> system(call, arguments);
        };
    }

    private static Code library(String name, Code[] a) {
        return switch (name) {
            case "memset" -> f -> UserLoops.memset(f.memory(), a[0].run(f), a[1].run(f), a[2].run(f));
            case "memcpy" -> f -> UserLoops.memcpy(f.memory(), a[0].run(f), a[1].run(f), a[2].run(f));
            case "memcmp" -> f -> UserLoops.memcmp(f.memory(), a[0].run(f), a[1].run(f), a[2].run(f));
            case "assert" -> f -> {
                if (a[0].run(f) == 0) {
                    throw new SignalRaised(Signal.SIGABRT);
                }
                return 0;
            };
            default -> TagCalls.compile(name, a);
        };
    }

    private Code system(TypedExpression.Call call, Code[] arguments) {
        CallSignature signature = call.signature();
        String name = signature.name();
        if (name.equals("open") && call.arguments().getFirst() instanceof TypedExpression.Address literal
                && literal.segment() == Segment.READ_ONLY) {
            String path = literal(literal.offset());
            return frame -> {
                int flags = (int) arguments[1].run(frame);
                return frame.effect(() ->
                        finish(frame, call, SystemCalls.open(frame.kernel(), frame.process(), path, flags)));
            };
        }
        if (name.equals("fork")) {
            return Frame::fork;
        }
        if (name.equals("_exit")) {
            return frame -> exit(frame, call, arguments[0].run(frame));
        }
        int parameters = signature.parameters().size();
        return frame -> {
            long[] values = new long[parameters];
            for (int i = 0; i < arguments.length; i++) {
                values[i] = arguments[i].run(frame);
            }
            return frame.effect(() -> finish(frame, call, frame.calls().get(name).invoke(frame.process(), values)));
        };
    }

    private static long exit(Frame frame, TypedExpression.Call call, long status) {
        if (!frame.isChild()) {
            throw frame.kernel().machine().finding(Kind.BUG, "line " + call.span().line()
                    + ": _exit is modelled in a process that was forked, as it ends every thread of its process");
        }
        throw new Exited((int) status);
    }

    /// The literal at `offset`: constant, and always in memory, so that looking at it is no step.
    private String literal(long offset) {
        StringBuilder text = new StringBuilder();
        for (int i = (int) offset; readOnly.content().at(i) != 0; i++) {
            text.append((char) readOnly.content().at(i));
        }
        return text.toString();
    }

    private static long finish(Frame frame, TypedExpression.Call call, SysResult result) {
        return switch (result) {
            case SysResult.Ok(long value) -> value;
            case SysResult.Err(Errno errno) -> {
                failed(frame, call, errno);
                frame.setErrno(errno.number());
                yield -1;
            }
        };
    }

    private static void failed(Frame frame, TypedExpression.Call call, Errno errno) {
        String name = call.signature().name();
        Machine machine = frame.kernel().machine();
        if (frame.isSetUp()) {
            throw machine.finding(Kind.BUG, "line " + call.span().line() + ": " + name + " failed with " + errno);
        }
        if (errno.number() > ERRNO_MAX) {
            machine.report(Kind.BAD_RESULT, name + " returned the kernel's own error " + errno + " ("
                    + errno.number() + ") to a program");
        }
    }
}
