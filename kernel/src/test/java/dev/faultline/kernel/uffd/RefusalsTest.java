package dev.faultline.kernel.uffd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.mm.SignalRaised;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.Uffd;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// What is refused, and what a command leaves alone; every answer was tried on Linux 6.18.
class RefusalsTest {
    private static final long PAGE = Monitor.PAGE;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;
    private static final long SIGBUS = Uffd.FEATURE_SIGBUS;

    private static void run(int flags, long features, Consumer<Monitor> test) {
        Sandbox sandbox = Sandbox.tmpfs(OptionalLong.of(4 * PAGE)).file("/mnt/f", PAGE, 'f');
        assertEquals(List.of(), sandbox.run(() -> test.accept(Monitor.with(sandbox.program(1), flags, features))));
    }

    private static String register(Monitor m, long start, long length, long mode) {
        return m.fill(Uffd.IOC_REGISTER, start, length, mode).split(" ")[0];
    }

    private static String ioctl(Monitor m, long command, long struct) {
        return Monitor.answer(m.program().call("ioctl", m.fd(), command, struct));
    }

    /// {@return a page with those words at its start that is read-only}
    private static long readOnly(Sandbox.Program p, long... words) {
        long struct = p.anonymous(PAGE);
        for (int i = 0; i < words.length; i++) {
            p.store(struct + 8L * i, 8, words[i]);
        }
        p.must("mprotect", struct, PAGE, Mman.PROT_READ);
        return struct;
    }

    @Test
    void aStructThatIsNotThereIsABadAddress() {
        run(0, 0, m -> {
            for (long command : new long[] {Uffd.IOC_API, Uffd.IOC_REGISTER, Uffd.IOC_UNREGISTER, Uffd.IOC_WAKE, Uffd.IOC_COPY,
                    Uffd.IOC_ZEROPAGE, Uffd.IOC_CONTINUE, Uffd.IOC_POISON, Uffd.IOC_MOVE, Uffd.IOC_WRITEPROTECT}) {
                assertEquals("EFAULT", ioctl(m, command, 8), Long.toHexString(command));
            }
        });
    }

    /// What was done stays done.
    @Test
    void anAnswerThatCannotBeWrittenIsABadAddress() {
        run(0, 0, m -> {
            Sandbox.Program p = m.program();
            long a = p.anonymous(4 * PAGE);
            long src = p.anonymous(PAGE);
            p.store(src, 's');
            assertEquals("EFAULT", ioctl(m, Uffd.IOC_REGISTER, readOnly(p, a, 4 * PAGE, 1)));
            assertEquals("EFAULT", ioctl(m, Uffd.IOC_COPY, readOnly(p, a, src, PAGE, 0)));
            assertEquals('s', p.load(a));
            assertEquals("EFAULT", ioctl(m, Uffd.IOC_ZEROPAGE, readOnly(p, a + PAGE, PAGE, 0)));
            assertEquals(0, p.load(a + PAGE));
            assertEquals("EFAULT", ioctl(m, Uffd.IOC_MOVE, readOnly(p, a + 2 * PAGE, src, PAGE, 0)));
            assertEquals('s', p.load(a + 2 * PAGE));
        });
    }

    @Test
    void anAnswerToTheHandshakeThatCannotBeWrittenIsABadAddress() {
        Sandbox sandbox = Sandbox.tmpfs(OptionalLong.empty());
        assertEquals(List.of(), sandbox.run(() -> {
            Monitor m = new Monitor(sandbox.program(1), Fcntl.O_NONBLOCK);
            Sandbox.Program p = m.program();
            long fds = p.anonymous(PAGE);
            p.store(fds, 4, m.fd());
            p.store(fds + 4, 1);
            assertEquals(1, p.must("poll", fds, 1, 0));
            assertEquals(8, p.load(fds + 6));
            assertEquals("EFAULT", ioctl(m, Uffd.IOC_API, readOnly(p, 0xab, 0, 0)));
            assertEquals("EFAULT", ioctl(m, Uffd.IOC_API, readOnly(p, 0xaa, 0, 0)));
            assertEquals("0", m.call(Uffd.IOC_API, 0xaa, 0, 0));
        }));
    }

    private static String move(Monitor m, long dst, long src) {
        return m.fill(Uffd.IOC_MOVE, dst, src, PAGE, 0);
    }

    @Test
    void pagesMoveBetweenAreasThatAreAlikeOnly() {
        run(0, 0, m -> {
            Sandbox.Program p = m.program();
            long a = p.anonymous(4 * PAGE);
            register(m, a, 4 * PAGE, 1);
            long code = p.must("mmap", 0, PAGE, RW | Mman.PROT_EXEC, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS, -1, 0);
            p.store(code, 1);
            assertEquals("EINVAL -22", move(m, a, code));
            long shared = p.must("mmap", 0, PAGE, RW, Mman.MAP_SHARED | Mman.MAP_ANONYMOUS, -1, 0);
            p.store(shared, 1);
            assertEquals("EINVAL -22", move(m, a, shared));
            long copy = p.must("mmap", 0, PAGE, RW, Mman.MAP_PRIVATE, p.open("/mnt/f", 0), 0);
            p.store(copy, 1);
            assertEquals("EINVAL -22", move(m, a, copy));
            long noRead = p.anonymous(PAGE);
            p.store(noRead, 1);
            p.must("mprotect", noRead, PAGE, Mman.PROT_WRITE);
            assertEquals("EINVAL -22", move(m, a, noRead));
            long readOnly = readOnly(p, 1);
            p.must("mprotect", a, PAGE, Mman.PROT_READ);
            assertEquals("EINVAL -22", move(m, a, readOnly));
            register(m, shared, PAGE, 1);
            assertEquals("EINVAL -22", move(m, shared, p.anonymous(PAGE)));
        });
    }

    @Test
    void aChildMovesNothingOfItsParent() {
        run(0, 0, m -> {
            Sandbox.Program p = m.program();
            long a = p.anonymous(PAGE);
            long src = p.anonymous(PAGE);
            p.store(src, 1);
            register(m, a, PAGE, 1);
            long struct = p.anonymous(PAGE);
            p.store(struct, 8, a);
            p.store(struct + 8, 8, src);
            p.store(struct + 16, 8, PAGE);
            Sandbox.Program child = p.fork();
            assertEquals("EINVAL", Monitor.answer(child.call("ioctl", m.fd(), Uffd.IOC_MOVE, struct)));
            child.exit(0);
            p.must("wait", 0);
        });
    }

    @Test
    void aPageThatAChildSharesStays() {
        Sandbox sandbox = Sandbox.tmpfs(OptionalLong.empty());
        sandbox.swapOn(2);
        assertEquals(List.of(), sandbox.run(() -> {
            Monitor m = Monitor.with(sandbox.program(1), 0, 0);
            Sandbox.Program p = m.program();
            long a = p.anonymous(4 * PAGE);
            long src = p.anonymous(4 * PAGE);
            register(m, a, 4 * PAGE, 1);
            p.store(src, 's');
            p.store(src + PAGE, 't');
            p.must("madvise", src, PAGE, Mman.MADV_PAGEOUT);
            assertEquals("0 4096", move(m, a, src));
            assertEquals('s', p.load(a));
            assertEquals(0, p.load(src));
            p.store(src + 2 * PAGE, 'u');
            p.must("madvise", src + 2 * PAGE, PAGE, Mman.MADV_PAGEOUT);
            Sandbox.Program child = p.fork();
            assertEquals("EBUSY -16", move(m, a + PAGE, src + PAGE));
            assertEquals("EBUSY -16", move(m, a + PAGE, src + 2 * PAGE));
            child.exit(0);
            p.must("wait", 0);
            p.store(src + PAGE, 'v');
            assertEquals("0 4096", move(m, a + PAGE, src + PAGE));
            Monitor other = Monitor.with(p, 0, 0);
            p.store(src + 3 * PAGE, 'w');
            assertEquals("EINVAL -22", move(other, a + 3 * PAGE, src + 3 * PAGE));
        }));
    }

    @Test
    void modesReplaceThoseOfBeforeUnlessTheyAreAmongThem() {
        run(0, SIGBUS | Uffd.FEATURE_PAGEFAULT_FLAG_WP, m -> {
            long a = m.program().anonymous(2 * PAGE);
            assertEquals("0", register(m, a, 2 * PAGE, 3));
            assertEquals("0", register(m, a, 2 * PAGE, 1));
            assertEquals("0", m.call(Uffd.IOC_WRITEPROTECT, a, PAGE, 1));
            assertThrows(SignalRaised.class, () -> m.program().load(a));
            assertEquals("0", m.call(Uffd.IOC_UNREGISTER, a, 2 * PAGE));
            assertEquals("0", register(m, a, 2 * PAGE, 1));
            assertEquals("0", register(m, a, 2 * PAGE, 2));
            assertEquals(0, m.program().load(a));
            assertEquals("0", register(m, a, 2 * PAGE, 1));
            assertEquals("ENOENT", m.call(Uffd.IOC_WRITEPROTECT, a, PAGE, 1));
        });
    }

    @Test
    void whatIsTakenBackIsNotProtectedAnyMore() {
        run(0, SIGBUS | Uffd.FEATURE_PAGEFAULT_FLAG_WP, m -> {
            Sandbox.Program p = m.program();
            long a = p.anonymous(2 * PAGE);
            p.store(a, 1);
            p.store(a + PAGE, 1);
            register(m, a, 2 * PAGE, 2);
            assertEquals("0", m.call(Uffd.IOC_WRITEPROTECT, a, 2 * PAGE, 1));
            assertThrows(SignalRaised.class, () -> p.store(a, 2));
            assertEquals("0", m.call(Uffd.IOC_UNREGISTER, a, PAGE));
            register(m, a, PAGE, 2);
            p.store(a, 2);
            assertThrows(SignalRaised.class, () -> p.store(a + PAGE, 2));
        });
    }

    @Test
    void closingTakesBackWhatTheFileServesAndNothingElse() {
        run(0, SIGBUS | Uffd.FEATURE_PAGEFAULT_FLAG_WP, m -> {
            Sandbox.Program p = m.program();
            Monitor other = Monitor.with(p, 0, SIGBUS | Uffd.FEATURE_PAGEFAULT_FLAG_WP);
            long a = p.anonymous(2 * PAGE);
            register(m, a, PAGE, 1);
            register(other, a + PAGE, PAGE, 1);
            p.must("close", m.fd());
            assertEquals(0, p.load(a));
            assertThrows(SignalRaised.class, () -> p.load(a + PAGE));
            long b = p.anonymous(PAGE);
            p.store(b, 1);
            register(other, b, PAGE, 2);
            assertEquals("0", other.call(Uffd.IOC_WRITEPROTECT, b, PAGE, 1));
            p.must("close", other.fd());
            Monitor third = Monitor.with(p, 0, SIGBUS | Uffd.FEATURE_PAGEFAULT_FLAG_WP);
            register(third, b, PAGE, 2);
            p.store(b, 2);
        });
    }

    @Test
    void rangesThatCannotBeAreRefused() {
        run(0, 0, m -> {
            Sandbox.Program p = m.program();
            assertEquals("EINVAL", m.call(Uffd.IOC_WAKE, 1L << 47, PAGE));
            assertEquals("EINVAL", m.call(Uffd.IOC_WAKE, 1L << 62, PAGE));
            assertEquals("EINVAL", m.call(Uffd.IOC_WAKE, -PAGE, PAGE));
            long a = p.anonymous(2 * PAGE);
            register(m, a, PAGE, 1);
            p.must("mmap", a + PAGE, PAGE, RW, Mman.MAP_PRIVATE | Mman.MAP_FIXED, p.open("/mnt/f", 0), 0);
            assertEquals("0", m.call(Uffd.IOC_UNREGISTER, a, 2 * PAGE));
        });
        Sandbox disk = Sandbox.ext4().file("/mnt/f", PAGE, 'f');
        assertEquals(List.of(), disk.run(() -> {
            Monitor m = Monitor.with(disk.program(1), 0, 0);
            Sandbox.Program p = m.program();
            long a = p.anonymous(2 * PAGE);
            register(m, a, PAGE, 1);
            p.must("mmap", a + PAGE, PAGE, RW, Mman.MAP_PRIVATE | Mman.MAP_FIXED, p.open("/mnt/f", 0), 0);
            assertEquals("EINVAL", m.call(Uffd.IOC_UNREGISTER, a, 2 * PAGE));
            assertEquals("EINVAL", register(m, a, 2 * PAGE, 1));
        }));
    }

    @Test
    void aPlaceThatIsPoisonedIsOrdinaryAfterATruncation() {
        run(0, 0, m -> {
            Sandbox.Program p = m.program();
            int fd = p.open("/mnt/f", 0);
            p.must("ftruncate", fd, 2 * PAGE);
            long a = p.shared(fd, 2 * PAGE);
            register(m, a, 2 * PAGE, 1);
            assertEquals("0 4096", m.fill(Uffd.IOC_POISON, a + PAGE, PAGE, 0));
            assertThrows(SignalRaised.class, () -> p.load(a + PAGE));
            m.call(Uffd.IOC_UNREGISTER, a, 2 * PAGE);
            assertThrows(SignalRaised.class, () -> p.load(a + PAGE));
            p.must("ftruncate", fd, PAGE);
            p.must("ftruncate", fd, 2 * PAGE);
            assertEquals(0, p.load(a + PAGE));
        });
    }

    @Test
    void protectionOfAPageOfAFileOutlastsThePage() {
        run(0, SIGBUS | Uffd.FEATURE_PAGEFAULT_FLAG_WP | Uffd.FEATURE_WP_HUGETLBFS_SHMEM, m -> {
            Sandbox.Program p = m.program();
            int fd = p.open("/mnt/f", 0);
            long a = p.shared(fd, PAGE);
            p.store(a, 1);
            register(m, a, PAGE, 2);
            assertEquals("0", m.call(Uffd.IOC_WRITEPROTECT, a, PAGE, 1));
            p.must("madvise", a, PAGE, Mman.MADV_DONTNEED);
            assertEquals(1, p.load(a));
            assertThrows(SignalRaised.class, () -> p.store(a, 2));
            p.must("fallocate", fd, Fcntl.FALLOC_FL_PUNCH_HOLE | Fcntl.FALLOC_FL_KEEP_SIZE, 0, PAGE);
            assertEquals(0, p.load(a));
            assertThrows(SignalRaised.class, () -> p.store(a, 2));
            p.must("ftruncate", fd, 0);
            p.must("ftruncate", fd, PAGE);
            assertThrows(SignalRaised.class, () -> p.store(a, 2));
        });
    }
}
