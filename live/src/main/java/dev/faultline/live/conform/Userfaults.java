package dev.faultline.live.conform;

import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Poll;
import dev.faultline.kernel.uapi.Uffd;
import java.util.ArrayList;
import java.util.List;

/// Draws calls on a userfaultfd. Who meets a page that the program serves gets SIGBUS, as nobody would serve it.
final class Userfaults {
    /// The calls that only programs with a userfaultfd make.
    static final List<String> CALLS = List.of("userfaultfd", "ioctl", "poll");

    private static final int ODD = 25;
    private static final long PAGE = 4096;
    /// Those features that make nobody wait.
    private static final long[] FEATURES = {Uffd.FEATURE_PAGEFAULT_FLAG_WP, Uffd.FEATURE_MISSING_SHMEM, Uffd.FEATURE_THREAD_ID,
        Uffd.FEATURE_MINOR_SHMEM, Uffd.FEATURE_EXACT_ADDRESS, Uffd.FEATURE_WP_HUGETLBFS_SHMEM, Uffd.FEATURE_WP_UNPOPULATED,
        Uffd.FEATURE_POISON, Uffd.FEATURE_MOVE};

    private final Values values;
    private final List<Operand.Range> mapped = new ArrayList<>();
    private final List<Operand.Range> registered = new ArrayList<>();
    private long descriptor = -1;

    Userfaults(Values values) {
        this.values = values;
    }

    /// A userfaultfd.
    ///
    /// @param next the descriptor that it most likely has
    Call make(long next) {
        descriptor = next;
        return Call.of("userfaultfd", Fcntl.O_NONBLOCK | values.someOf(Uffd.USER_MODE_ONLY, Fcntl.O_CLOEXEC)
                | (values.oneIn(ODD) ? 4 : 0));
    }

    /// A userfaultfd with another thread that serves its faults.
    Call serve(long next) {
        descriptor = next;
        long features = features();
        return Call.of(Call.SERVE, Fcntl.O_NONBLOCK | values.someOf(Uffd.USER_MODE_ONLY), features);
    }

    /// Notes memory that is mapped, which is worth to be registered.
    void mapped(Operand.Range range) {
        mapped.add(range);
    }

    long descriptor() {
        return descriptor;
    }

    private long features() {
        long some = values.oneIn(8) ? Uffd.FEATURE_WP_ASYNC : 0;
        for (int i = 0; i < 3; i++) {
            some |= values.someOf(FEATURES);
        }
        return some;
    }

    /// The first thing that it is told.
    Call api() {
        long features = Uffd.FEATURE_SIGBUS | features() | (values.oneIn(ODD) ? 1L << 40 : 0);
        return ioctl(Uffd.IOC_API, values.oneIn(ODD) ? Uffd.API + 1 : Uffd.API, features, values.oneIn(ODD) ? 1 : 0);
    }

    /// A range whose faults it serves from now on.
    Call register() {
        boolean whole = !mapped.isEmpty() && !values.oneIn(5);
        Operand.Range range = whole ? mapped.get(values.below(mapped.size())) : values.pagesOfTheArena();
        registered.add(range);
        return ioctl(Uffd.IOC_REGISTER, range.address(), range.lengthBytes(),
                values.oneOf(1, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 3, 4, 5, 6, 7, 0, 8), values.oneIn(ODD) ? -1 : 0);
    }

    Call poll() {
        long events = values.oneOf(Poll.POLLIN, Poll.POLLIN | Poll.POLLOUT, Poll.POLLOUT, 0, 0xffff);
        long any = values.oneIn(4) ? values.descriptor(4) : descriptor;
        return new Call("poll", List.of(Operand.Words.of(any & 0xffff_ffffL | events << 32), Operand.of(1), Operand.of(0)));
    }

    /// {@return a page or some of a range that most likely is served}
    private Operand.Range served() {
        if (registered.isEmpty() || values.oneIn(12)) {
            return values.pagesOfTheArena();
        }
        Operand.Range range = registered.get(values.below(registered.size()));
        long pages = Math.clamp(range.lengthBytes() / PAGE, 1, 6);
        long start = range.address() + PAGE * values.below((int) pages);
        return new Operand.Range(start, PAGE * (values.oneIn(4) ? 1 + values.below(3) : 1));
    }

    /// Any command, with arguments that are mostly right.
    Call command() {
        Operand.Range range = served();
        long start = range.address();
        long length = range.lengthBytes();
        long wake = values.oneIn(6) ? Uffd.MODE_DONTWAKE : 0;
        long odd = values.oneIn(ODD) ? 1L << values.below(64) : 0;
        long before = values.oneIn(4) ? values.oneOf(0, -1, 5) : 0;
        return switch (values.below(20)) {
            case 0 -> api();
            case 1, 2, 3 -> register();
            case 4 -> ioctl(Uffd.IOC_UNREGISTER, start, length);
            case 5 -> ioctl(Uffd.IOC_WAKE, start, length);
            case 6, 7, 8, 9 -> ioctl(Uffd.IOC_COPY, start, values.oneIn(3) ? values.address() : values.page(), length,
                    wake | (values.oneIn(5) ? Uffd.MODE_WP : 0) | odd, before);
            case 10, 11 -> ioctl(Uffd.IOC_ZEROPAGE, start, length, wake | odd, before);
            case 12, 13 -> ioctl(Uffd.IOC_MOVE, start, values.page(), length,
                    wake | values.someOf(Uffd.MOVE_MODE_ALLOW_SRC_HOLES) | odd, before);
            case 14, 15 -> ioctl(Uffd.IOC_WRITEPROTECT, start, length, values.oneOf(0, 0, 1, 1, 1, 2, 3) | odd);
            case 16, 17 -> ioctl(Uffd.IOC_CONTINUE, start, length, wake | (values.oneIn(5) ? Uffd.MODE_WP : 0) | odd, before);
            case 18 -> ioctl(Uffd.IOC_POISON, start, length, wake | odd, before);
            default -> Call.of("ioctl", descriptor, values.oneOf(Uffd.IOC_COPY, Uffd.IOC_WAKE, Uffd.IOC_NEW, 0xaa09, 0x5401),
                    values.oneOf(0, -1, 1L << 47));
        };
    }

    private Call ioctl(long command, long... arguments) {
        return new Call("ioctl", List.of(Operand.of(values.oneIn(ODD) ? values.descriptor(4) : descriptor), Operand.of(command),
                Operand.Words.of(arguments)));
    }
}
