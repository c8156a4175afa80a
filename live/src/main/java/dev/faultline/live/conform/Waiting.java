package dev.faultline.live.conform;

import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Splice;
import dev.faultline.kernel.uapi.Uffd;
import java.util.List;

/// What makes a call wait for another thread, which a program of one thread does not have.
final class Waiting {
    private static final long EVENTS = Uffd.FEATURE_EVENT_FORK | Uffd.FEATURE_EVENT_REMAP | Uffd.FEATURE_EVENT_REMOVE
            | Uffd.FEATURE_EVENT_UNMAP;

    private Waiting() {}

    /// {@return whether a call of the program, or one behind it, may wait for ever}
    static boolean isPossible(Program program) {
        return program.calls().stream().anyMatch(Waiting::isPossible);
    }

    private static boolean isPossible(Call call) {
        return switch (call.name()) {
            case "pipe" -> true;
            case "pipe2" -> !has(call.number(1), Fcntl.O_NONBLOCK);
            case "userfaultfd" -> !has(call.number(0), Fcntl.O_NONBLOCK);
            case Call.SERVE -> !has(call.number(0), Fcntl.O_NONBLOCK);
            case "vmsplice" -> !has(call.number(3), Splice.SPLICE_F_NONBLOCK);
            case "poll" -> call.number(2) != 0;
            case "ioctl" -> call.number(1) == Uffd.IOC_API && call.operands().get(2) instanceof Operand.Words(List<Long> words)
                    && (!has(words.get(1), Uffd.FEATURE_SIGBUS) || (words.get(1) & EVENTS) != 0);
            default -> false;
        };
    }

    private static boolean has(long value, long flag) {
        return (value & flag) == flag;
    }
}
