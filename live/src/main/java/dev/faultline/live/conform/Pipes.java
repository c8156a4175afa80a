package dev.faultline.live.conform;

import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Splice;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/// Draws calls on pipes. None of them waits: a program has nobody who would go on in its place.
final class Pipes {
    /// The calls that only programs with pipes make.
    static final List<String> CALLS = List.of("pipe2", "splice", "tee", "vmsplice");

    private static final int END_BYTES = 4;
    private static final int ODD = 25;

    private final Values values;
    private final LongSupplier anyDescriptor;
    private final List<Long> reading = new ArrayList<>();
    private final List<Long> writing = new ArrayList<>();

    /// @param anyDescriptor draws one of any file
    Pipes(Values values, LongSupplier anyDescriptor) {
        this.values = values;
        this.anyDescriptor = anyDescriptor;
    }

    /// A pipe.
    ///
    /// @param next the descriptor that it most likely begins at
    Call make(long next) {
        if (values.oneIn(ODD)) {
            return new Call("pipe2", List.of(Operand.of(values.address()), Operand.of(Fcntl.O_NONBLOCK)));
        }
        reading.add(next);
        writing.add(next + 1);
        long flags = Fcntl.O_NONBLOCK | values.someOf(Fcntl.O_DIRECT, Fcntl.O_CLOEXEC) | (values.oneIn(ODD) ? 1 : 0);
        return new Call("pipe2", List.of(new Operand.Out(2 * END_BYTES), Operand.of(flags)));
    }

    /// {@return one end of a pipe}
    long end() {
        return values.oneIn(2) ? in() : out();
    }

    private long in() {
        return oneOf(reading);
    }

    private long out() {
        return oneOf(writing);
    }

    private long oneOf(List<Long> ends) {
        return ends.isEmpty() || values.oneIn(12) ? anyDescriptor.getAsLong() : ends.get(values.below(ends.size()));
    }

    /// A call that moves what pipes hold.
    ///
    /// @param size of a file
    Call call(String name, long size) {
        return switch (name) {
            case "splice" -> splice(size);
            case "tee" -> Call.of(name, in(), out(), values.length(size), flags());
            default -> vmsplice(size);
        };
    }

    private Call splice(long size) {
        boolean intoFile = values.oneIn(2);
        long from = intoFile || values.oneIn(4) ? in() : anyDescriptor.getAsLong();
        long to = intoFile ? anyDescriptor.getAsLong() : out();
        return new Call("splice", List.of(Operand.of(from), offset(intoFile, size), Operand.of(to), offset(!intoFile, size),
                Operand.of(values.length(size)), Operand.of(flags())));
    }

    private Operand offset(boolean ofPipe, long size) {
        return values.oneIn(ofPipe ? ODD : 3) ? Operand.Words.of(values.pos(size))
                : Operand.of(values.oneIn(ODD) ? values.address() : 0);
    }

    private Call vmsplice(long size) {
        List<Operand.Range> ranges = new ArrayList<>();
        for (int i = 0; i < 1 + values.below(3); i++) {
            ranges.add(new Operand.Range(values.address(), values.length(size)));
        }
        return new Call("vmsplice", List.of(Operand.of(values.oneIn(3) ? in() : out()), new Operand.Vector(ranges),
                Operand.of(values.oneIn(ODD) ? -1 : ranges.size()), Operand.of(flags())));
    }

    /// The flag that keeps a call from waiting counts for each of them; others are told to be known.
    private long flags() {
        return Splice.SPLICE_F_NONBLOCK | values.someOf(1, 4, Splice.SPLICE_F_GIFT) | (values.oneIn(ODD) ? 16 : 0);
    }

    /// fcntl(2), of sizes and of seals.
    Call fcntl(long descriptor) {
        return Call.of("fcntl", descriptor, Fcntl.F_SETPIPE_SZ + values.below(4),
                values.oneOf(0, 1, 4096, 8192, 65536, 1 << 20, 1L << 31, -1, 8));
    }
}
