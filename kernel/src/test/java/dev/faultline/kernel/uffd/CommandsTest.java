package dev.faultline.kernel.uffd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.mm.SignalRaised;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.RwFlags;
import dev.faultline.kernel.uapi.Uffd;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// What each command answers; every answer was tried on Linux 6.18.
class CommandsTest {
    private static final long PAGE = Monitor.PAGE;

    private static void run(int flags, long features, Consumer<Monitor> test) {
        Sandbox sandbox = Sandbox.ext4();
        assertEquals(List.of(), sandbox.run(() -> test.accept(Monitor.with(sandbox.program(1), flags, features))));
    }

    private static String register(Monitor m, long start, long length, long mode) {
        return m.fill(Uffd.IOC_REGISTER, start, length, mode);
    }

    private static String copy(Monitor m, long dst, long src, long length, long mode) {
        return m.fill(Uffd.IOC_COPY, dst, src, length, mode);
    }

    private static String zeropage(Monitor m, long start, long length, long mode) {
        return m.fill(Uffd.IOC_ZEROPAGE, start, length, mode);
    }

    @Test
    void nothingButTheHandshakeWorksBeforeIt() {
        Sandbox sandbox = Sandbox.ext4();
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            Monitor m = new Monitor(program, Fcntl.O_NONBLOCK);
            assertEquals("EINVAL", Monitor.answer(program.call("userfaultfd", 4)));
            assertEquals("EINVAL", m.read(32));
            assertEquals("EINVAL", Monitor.answer(program.call("ioctl", m.fd(), Uffd.IOC_WAKE, 0)));
            assertEquals("EINVAL", m.call(Uffd.IOC_API, 1, 5, 0));
            assertEquals("0 0 0", m.word(0) + " " + m.word(1) + " " + m.word(2));
            assertEquals("EINVAL", m.call(Uffd.IOC_API, 0xaa, 1L << 63, 0));
            assertEquals("0", m.call(Uffd.IOC_API, 0xaa, 0, 0));
            assertEquals("1ffff", Long.toHexString(m.word(1)));
            assertEquals("8000000000000003", Long.toHexString(m.word(2)));
            assertEquals("EINVAL", m.call(Uffd.IOC_API, 0xaa, 0, 0));
            assertEquals("0 0 0", m.word(0) + " " + m.word(1) + " " + m.word(2));
        }));
    }

    @Test
    void theDeviceOpensThemToo() {
        Sandbox sandbox = Sandbox.ext4();
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program p = sandbox.program(1);
            int device = p.open("/dev/userfaultfd", Fcntl.O_CLOEXEC);
            assertEquals("EINVAL", Monitor.answer(p.call("ioctl", device, 0x1234, 0)));
            assertEquals("EINVAL", Monitor.answer(p.call("ioctl", device, Uffd.IOC_NEW, 4)));
            long fd = p.must("ioctl", device, Uffd.IOC_NEW, Uffd.USER_MODE_ONLY | Fcntl.O_NONBLOCK);
            assertEquals("EINVAL", Monitor.answer(p.call("read", fd, 0x10000, 32)));
            assertEquals("EINVAL", Monitor.answer(p.call("read", device, 0x10000, 32)));
            assertEquals("EINVAL", Monitor.answer(p.call("pread", device, 0x10000, 32, 0)));
            assertEquals("0", Monitor.answer(p.call("lseek", device, 0, Fcntl.SEEK_SET)));
            assertEquals("ENODEV", Monitor.answer(p.call("mmap", 0, PAGE, Mman.PROT_READ, Mman.MAP_PRIVATE, device, 0)));
        }));
    }

    private static long map(Monitor m, long address, int protection) {
        return m.program().must("mmap", address, PAGE, protection, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED, -1, 0);
    }

    @Test
    void whatIsFilledInWhereNoAccessIsPermittedCannotBeRead() {
        run(Fcntl.O_NONBLOCK, Uffd.FEATURE_SIGBUS, m -> {
            long source = map(m, 1L << 41, Mman.PROT_READ | Mman.PROT_WRITE);
            m.program().store(source, 7);
            for (boolean zeroes : new boolean[] {false, true}) {
                long closed = map(m, 1L << 40, Mman.PROT_NONE);
                register(m, closed, PAGE, Uffd.REGISTER_MODE_MISSING);
                String filled = zeroes ? zeropage(m, closed, PAGE, 0) : copy(m, closed, source, PAGE, 0);
                assertTrue(filled.startsWith("0"), filled);
                assertThrows(SignalRaised.class, () -> m.program().load(closed));
                m.program().must("mprotect", closed, PAGE, Mman.PROT_READ);
                assertEquals(zeroes ? 0 : 7, m.program().load(closed));
            }
        });
    }

    @Test
    void madviseTellsOfAPoisonedPageAndMlockDoesNot() {
        run(Fcntl.O_NONBLOCK, Uffd.FEATURE_SIGBUS, m -> {
            long place = map(m, 1L << 40, Mman.PROT_READ);
            register(m, place, PAGE, Uffd.REGISTER_MODE_MISSING);
            m.fill(Uffd.IOC_POISON, place, PAGE, 0);
            assertEquals("EHWPOISON", Monitor.answer(m.program().call("madvise", place, PAGE, Mman.MADV_POPULATE_READ)));
            assertEquals("ENOMEM", Monitor.answer(m.program().call("mlock", place, PAGE)));
        });
    }

    @Test
    void memoryThatMovesBesideItsPlaceIsLeftToTheKernelAsAWhole() {
        run(Fcntl.O_NONBLOCK, Uffd.FEATURE_SIGBUS, m -> {
            long place = map(m, 1L << 40, Mman.PROT_READ);
            register(m, place, PAGE, Uffd.REGISTER_MODE_MISSING);
            assertThrows(SignalRaised.class, () -> m.program().load(place));
            m.program().must("mremap", place, PAGE, PAGE, Mman.MREMAP_MAYMOVE | Mman.MREMAP_DONTUNMAP, place - PAGE);
            assertEquals(0, m.program().load(place));
        });
    }

    @Test
    void aFaultFileIsNoOrdinaryFile() {
        run(Fcntl.O_NONBLOCK, 0, m -> {
            Sandbox.Program p = m.program();
            long memory = p.anonymous(PAGE);
            assertEquals("EINVAL", m.read(31));
            assertEquals("EAGAIN", m.read(32));
            assertEquals("ESPIPE", Monitor.answer(p.call("pread", m.fd(), memory, 32, 0)));
            assertEquals("EBADF", Monitor.answer(p.call("write", m.fd(), memory, 32)));
            assertEquals("0", Monitor.answer(p.call("lseek", m.fd(), 5, Fcntl.SEEK_SET)));
            assertEquals("EINVAL", Monitor.answer(p.call("lseek", m.fd(), 5, 7)));
            assertEquals("EINVAL", Monitor.answer(p.call("fsync", m.fd())));
            assertEquals("EINVAL", Monitor.answer(p.call("ftruncate", m.fd(), 0)));
            assertEquals("ENODEV", Monitor.answer(p.call("mmap", 0, PAGE, Mman.PROT_READ, Mman.MAP_SHARED, m.fd(), 0)));
            assertEquals("EACCES", Monitor.answer(
                    p.call("mmap", 0, PAGE, Mman.PROT_READ | Mman.PROT_WRITE, Mman.MAP_SHARED, m.fd(), 0)));
            assertEquals("EINVAL", Monitor.answer(p.call("ioctl", m.fd(), 0x1234, 0)));
            assertEquals("EFAULT", Monitor.answer(p.call("ioctl", m.fd(), Uffd.IOC_COPY, 8)));
            assertEquals("EBADF", Monitor.answer(p.call("ioctl", 77, 1, 0)));
        });
    }

    @Test
    void registeringAnswersWhatTheRangeCanDo() {
        run(0, 0, m -> {
            long a = m.program().anonymous(16 * PAGE);
            assertEquals("0 " + 0x13c, register(m, a, 16 * PAGE, 1));
            assertEquals("0 " + 0x17c, register(m, a, 16 * PAGE, 2));
            assertEquals("0 " + 0x17c, register(m, a, 16 * PAGE, 3));
            assertEquals("EINVAL 77", register(m, a, 16 * PAGE, 4));
            assertEquals("EINVAL 77", register(m, a, 16 * PAGE, 0));
            assertEquals("EINVAL 77", register(m, a, 16 * PAGE, 8));
            assertEquals("EINVAL 77", register(m, a + 1, PAGE, 1));
            assertEquals("EINVAL 77", register(m, a, PAGE - 1, 1));
            assertEquals("EINVAL 77", register(m, a, 0, 1));
            assertEquals("EINVAL 77", register(m, PAGE, PAGE, 1));
            assertEquals("EINVAL 77", register(m, 1L << 47, PAGE, 1));
            assertEquals("EINVAL 77", register(m, a, 1L << 47, 1));
            assertEquals("EINVAL 77", register(m, 0x10000, PAGE, 1));
        });
    }

    @Test
    void anAreaHasOneFileOnly() {
        run(0, 0, m -> {
            long a = m.program().anonymous(4 * PAGE);
            assertEquals("0 " + 0x13c, register(m, a, 4 * PAGE, 1));
            Monitor other = Monitor.with(m.program(), 0, 0);
            assertEquals("EBUSY 77", register(other, a, PAGE, 1));
            assertEquals("EINVAL", other.call(Uffd.IOC_UNREGISTER, a, PAGE));
            assertEquals("0", other.call(Uffd.IOC_WAKE, a, PAGE));
            assertEquals("EINVAL", other.call(Uffd.IOC_WAKE, a, 0));
            assertEquals("EINVAL", other.call(Uffd.IOC_UNREGISTER, a, 0));
            assertEquals("0", m.call(Uffd.IOC_WAKE, 0, PAGE));
            assertEquals("EINVAL", m.call(Uffd.IOC_WAKE, (1L << 47) - PAGE, PAGE));
            assertEquals("0", m.call(Uffd.IOC_WAKE, (1L << 47) - 2 * PAGE, PAGE));
            assertEquals("0", m.call(Uffd.IOC_UNREGISTER, a, PAGE));
            assertEquals("0", m.call(Uffd.IOC_UNREGISTER, a, PAGE));
            assertEquals("0 " + 0x13c, register(other, a, PAGE, 1));
            assertEquals("EINVAL", m.call(Uffd.IOC_UNREGISTER, 0x10000, PAGE));
        });
    }

    @Test
    void copyFillsWhatIsMissing() {
        run(0, 0, m -> {
            long a = m.program().anonymous(16 * PAGE);
            long src = m.program().anonymous(16 * PAGE);
            m.program().store(src, 'a');
            m.program().store(src + PAGE, 'b');
            register(m, a, 16 * PAGE, 1);
            assertEquals("0 4096", copy(m, a, src, PAGE, 0));
            assertEquals('a', m.program().load(a));
            assertEquals("EEXIST -17", copy(m, a, src, PAGE, 0));
            assertEquals("EEXIST -17", copy(m, a, src, 2 * PAGE, 0));
            assertEquals("0 8192", copy(m, a + PAGE, src, 2 * PAGE, 0));
            assertEquals("EEXIST -17", copy(m, a + 2 * PAGE, src, 2 * PAGE, 0));
            assertEquals("0 4096", copy(m, a + 6 * PAGE, src, PAGE, 1));
            assertEquals("EAGAIN 4096", copy(m, a + 5 * PAGE, src, 2 * PAGE, 0));
            assertEquals("0 4096", copy(m, a + 4 * PAGE, src + 1, PAGE, 0));
            assertEquals('b', m.program().load(a + 5 * PAGE - 1));
            assertEquals("0 12288", copy(m, a + 8 * PAGE, src + 8 * PAGE, 3 * PAGE, 0));
        });
    }

    @Test
    void copyRefusesWhatItCannotDo() {
        run(0, 0, m -> {
            long a = m.program().anonymous(16 * PAGE);
            long src = m.program().anonymous(16 * PAGE);
            register(m, a, 16 * PAGE, 1);
            assertEquals("EINVAL 77", copy(m, a, src, 0, 0));
            assertEquals("EINVAL 77", copy(m, a + 1, src, PAGE, 0));
            assertEquals("EINVAL 77", copy(m, a, src, PAGE + 1, 0));
            assertEquals("EINVAL 77", copy(m, a, src, PAGE, 4));
            assertEquals("EINVAL 77", copy(m, a, src, -PAGE, 0));
            assertEquals("EINVAL 77", copy(m, a, -PAGE, PAGE, 0));
            assertEquals("EFAULT -14", copy(m, a, 100, PAGE, 0));
            assertEquals("ENOENT -2", copy(m, src, a, PAGE, 0));
            assertEquals("ENOENT -2", copy(m, a + 15 * PAGE, src, 2 * PAGE, 0));
            assertEquals("ENOENT -2", copy(m, 0x10000, src, PAGE, 0));
            assertEquals("EFAULT -14", copy(m, a, 0x10000, PAGE, 0));
        });
    }

    @Test
    void zeropageMapsZeroes() {
        run(0, 0, m -> {
            long a = m.program().anonymous(16 * PAGE);
            long other = m.program().anonymous(PAGE);
            register(m, a, 16 * PAGE, 1);
            assertEquals("0 4096", zeropage(m, a + PAGE, PAGE, 0));
            assertEquals(0, m.program().load(a + PAGE));
            assertEquals("EEXIST -17", zeropage(m, a + PAGE, PAGE, 0));
            assertEquals("EAGAIN 4096", zeropage(m, a, 2 * PAGE, 1));
            assertEquals("EINVAL 77", zeropage(m, a, PAGE, 2));
            assertEquals("ENOENT -2", zeropage(m, other, PAGE, 0));
            m.program().store(a + PAGE, 'w');
            assertEquals('w', m.program().load(a + PAGE));
        });
    }

    private static String poison(Monitor m, long start, long length, long mode) {
        return m.fill(Uffd.IOC_POISON, start, length, mode);
    }

    private static String move(Monitor m, long dst, long src, long length, long mode) {
        return m.fill(Uffd.IOC_MOVE, dst, src, length, mode);
    }

    @Test
    void poisonIsForPlacesWhereNothingIs() {
        run(0, 0, m -> {
            long a = m.program().anonymous(16 * PAGE);
            long other = m.program().anonymous(PAGE);
            register(m, a, 16 * PAGE, 1);
            assertEquals("0 4096", poison(m, a, PAGE, 0));
            assertEquals("EEXIST -17", poison(m, a, PAGE, 0));
            assertEquals("EEXIST -17", poison(m, a, 2 * PAGE, 0));
            assertEquals("0 8192", poison(m, a + PAGE, 2 * PAGE, 1));
            assertEquals("EINVAL 77", poison(m, a + 4 * PAGE, PAGE, 2));
            assertEquals("ENOENT -2", poison(m, other, PAGE, 0));
            assertEquals("ENOENT -2", poison(m, a + 15 * PAGE, 2 * PAGE, 0));
            assertEquals("EEXIST -17", zeropage(m, a + PAGE, PAGE, 0));
            assertThrows(SignalRaised.class, () -> m.program().load(a + 2 * PAGE));
            assertEquals("EFAULT", Monitor.answer(m.program().call("ioctl", m.fd(), Uffd.IOC_WAKE, a + 2 * PAGE)));
            assertEquals("0 4096", copy(m, a, other, PAGE, 0));
            assertEquals(0, m.program().load(a));
        });
    }

    @Test
    void moveTakesThePageAway() {
        run(0, 0, m -> {
            long a = m.program().anonymous(16 * PAGE);
            long src = m.program().anonymous(16 * PAGE);
            m.program().fill(src, 2 * PAGE, 's');
            register(m, a, 16 * PAGE, 1);
            assertEquals("0 4096", move(m, a + 4 * PAGE, src, PAGE, 0));
            assertEquals('s', m.program().load(a + 4 * PAGE));
            assertEquals(0, m.program().load(src));
            assertEquals("EEXIST -17", move(m, a + 4 * PAGE, src + PAGE, PAGE, 0));
            assertEquals("ENOENT -2", move(m, a + 5 * PAGE, src + 8 * PAGE, PAGE, 0));
            assertEquals("0 4096", move(m, a + 5 * PAGE, src + 8 * PAGE, PAGE, 2));
            m.program().store(src + 9 * PAGE, 7);
            assertEquals("0 8192", move(m, a + 5 * PAGE, src + 8 * PAGE, 2 * PAGE, 2));
            assertEquals(7, m.program().load(a + 6 * PAGE));
            assertEquals("0 4096", move(m, a + 7 * PAGE, src, PAGE, 0)); // the page of zeroes that the load mapped
            assertEquals(0, m.program().load(a + 7 * PAGE));
            assertEquals("0 4096", move(m, a + 8 * PAGE, a + 4 * PAGE, PAGE, 0));
            assertEquals("EEXIST -17", move(m, a + 8 * PAGE, a + 8 * PAGE, PAGE, 0));
            assertEquals("EAGAIN 4096", move(m, a + 9 * PAGE, src + PAGE, 2 * PAGE, 0));
        });
    }

    @Test
    void moveRefusesWhatItCannotMove() {
        run(0, 0, m -> {
            Sandbox.Program p = m.program();
            long a = p.anonymous(16 * PAGE);
            long src = p.anonymous(16 * PAGE);
            p.must("munmap", src + 15 * PAGE, PAGE);
            p.store(src + PAGE, 1);
            register(m, a, 15 * PAGE, 1);
            long to = a + 8 * PAGE;
            assertEquals("EINVAL 77", move(m, to, src + PAGE, PAGE, 4));
            assertEquals("EINVAL 77", move(m, to, src + PAGE + 1, PAGE, 0));
            assertEquals("EINVAL 77", move(m, to, src + PAGE, 0, 0));
            assertEquals("EINVAL 77", move(m, to + 1, src + PAGE, PAGE, 0));
            assertEquals("EINVAL -22", move(m, src + 2 * PAGE, src + PAGE, PAGE, 0));
            assertEquals("EINVAL -22", move(m, a + 14 * PAGE, src + PAGE, 2 * PAGE, 0));
            assertEquals("EINVAL -22", move(m, to, src + 14 * PAGE, 2 * PAGE, 0));
            assertEquals("ENOENT -2", move(m, to, 0x10000, PAGE, 0));
            assertEquals("ENOENT -2", move(m, 0x10000, src + PAGE, PAGE, 0));
            poison(m, a + 2 * PAGE, PAGE, 0);
            assertEquals("EFAULT -14", move(m, a + 9 * PAGE, a + 2 * PAGE, PAGE, 0));
            p.must("mprotect", src + 4 * PAGE, PAGE, Mman.PROT_READ);
            assertEquals("EINVAL -22", move(m, to, src + 4 * PAGE, PAGE, 2));
            p.must("mlock", src + 6 * PAGE, PAGE);
            assertEquals("EINVAL -22", move(m, to, src + 6 * PAGE, PAGE, 0));
        });
    }

    @Test
    void writeProtectIsForAreasRegisteredForIt() {
        run(0, 1, m -> {
            long a = m.program().anonymous(8 * PAGE);
            long src = m.program().anonymous(PAGE);
            register(m, a, 8 * PAGE, 1);
            assertEquals("ENOENT", m.call(Uffd.IOC_WRITEPROTECT, a, PAGE, 1));
            assertEquals("ENOENT", m.call(Uffd.IOC_WRITEPROTECT, a, PAGE, 2));
            assertEquals("EINVAL", m.call(Uffd.IOC_WRITEPROTECT, a, PAGE, 3));
            assertEquals("EINVAL", m.call(Uffd.IOC_WRITEPROTECT, a, PAGE, 4));
            assertEquals("EINVAL", m.call(Uffd.IOC_WRITEPROTECT, a + 1, PAGE, 1));
            assertEquals("ENOENT", m.call(Uffd.IOC_WRITEPROTECT, 0x10000, PAGE, 1));
            assertEquals("EINVAL -22", copy(m, a, src, PAGE, 2));
            assertEquals("0 " + 0x17c, register(m, a, 4 * PAGE, 2));
            assertEquals("ENOENT", m.call(Uffd.IOC_WRITEPROTECT, a, 8 * PAGE, 1));
            assertEquals("0", m.call(Uffd.IOC_WRITEPROTECT, a, 4 * PAGE, 1));
            m.program().store(a, 1); // nothing was there to protect
            assertEquals("0 4096", copy(m, a + PAGE, src, PAGE, 2));
            assertEquals(0, m.program().load(a + PAGE));
            assertEquals("0", m.call(Uffd.IOC_WRITEPROTECT, a, 4 * PAGE, 0));
            m.program().store(a + PAGE, 1);
        });
    }

    @Test
    void whatTheProgramIsNotAskedAboutIsASignalOrEfault() {
        run(Fcntl.O_NONBLOCK, Uffd.FEATURE_SIGBUS, m -> {
            long a = m.program().anonymous(2 * PAGE);
            register(m, a, 2 * PAGE, 1);
            assertThrows(SignalRaised.class, () -> m.program().load(a));
            assertEquals("EFAULT", Monitor.answer(m.program().call("ioctl", m.fd(), Uffd.IOC_WAKE, a)));
            assertEquals("EAGAIN", m.read(32));
        });
        run(Uffd.USER_MODE_ONLY, 0, m -> {
            long a = m.program().anonymous(2 * PAGE);
            register(m, a, 2 * PAGE, 1);
            assertEquals("EFAULT", Monitor.answer(m.program().call("ioctl", m.fd(), Uffd.IOC_WAKE, a)));
        });
    }

    @Test
    void asynchronousProtectionIsLiftedByTheWrite() {
        run(0, Uffd.FEATURE_WP_ASYNC, m -> {
            long a = m.program().anonymous(2 * PAGE);
            m.program().store(a, 5);
            assertEquals("0 " + 0x17c, register(m, a, 2 * PAGE, 2));
            assertEquals("0", m.call(Uffd.IOC_WRITEPROTECT, a, 2 * PAGE, 1));
            m.program().store(a, 1);
            m.program().store(a + PAGE, 2);
            assertEquals(1, m.program().load(a));
        });
    }

    @Test
    void asynchronousProtectionIsForAnyMemory() {
        Sandbox sandbox = Sandbox.ext4().file("/mnt/f", 2 * PAGE, 'f');
        assertEquals(List.of(), sandbox.run(() -> {
            Monitor m = Monitor.with(sandbox.program(1), 0, Uffd.FEATURE_WP_ASYNC);
            long f = m.program().shared(m.program().open("/mnt/f", 0), 2 * PAGE);
            long src = m.program().anonymous(PAGE);
            assertEquals("EINVAL 77", register(m, f, 2 * PAGE, 1));
            assertEquals("0 " + 0x17c, register(m, f, 2 * PAGE, 2));
            assertEquals("EINVAL 77", register(m, f, 2 * PAGE, 3));
            assertEquals('f', m.program().load(f));
            assertEquals("0", m.call(Uffd.IOC_WRITEPROTECT, f, 2 * PAGE, 1));
            m.program().store(f, 1);
            m.program().store(f + PAGE, 2);
            assertEquals("EINVAL -22", copy(m, f, src, PAGE, 0));
            assertEquals("0", m.call(Uffd.IOC_WRITEPROTECT, f, 2 * PAGE, 1));
            assertEquals("0", m.call(Uffd.IOC_UNREGISTER, f, PAGE));
            m.program().store(f, 3);
            m.program().store(f + PAGE, 4);
        }));
        Sandbox plain = Sandbox.ext4().file("/mnt/f", PAGE, 'f');
        assertEquals(List.of(), plain.run(() -> {
            Monitor m = Monitor.with(plain.program(1), 0, 0);
            assertEquals("EINVAL 77", register(m, m.program().shared(m.program().open("/mnt/f", 0), PAGE), PAGE, 2));
        }));
    }

    @Test
    void aReadCanAskNotToWait() {
        run(0, 0, m -> {
            long iov = m.program().anonymous(PAGE);
            m.program().store(iov, 8, iov + 64);
            m.program().store(iov + 8, 8, 64);
            assertEquals("EAGAIN", Monitor.answer(m.program().call("preadv2", m.fd(), iov, 1, -1, RwFlags.RWF_NOWAIT)));
        });
    }

    @Test
    void pollSaysErrorUnlessReadsDoNotBlock() {
        run(0, 0, m -> {
            assertEquals("1 8", poll(m, m.fd()));
            assertEquals("1 32", poll(m, 77));
            assertEquals("0 0", poll(m, -1));
            assertEquals("EFAULT", Monitor.answer(m.program().call("poll", 8, 1, 0)));
            assertEquals("EINVAL", Monitor.answer(m.program().call("poll", 8, 2_000_000, 0)));
        });
        run(Fcntl.O_NONBLOCK, 0, m -> assertEquals("0 0", poll(m, m.fd())));
    }

    /// {@return the result and `revents`}
    private static String poll(Monitor m, int fd) {
        long fds = m.program().anonymous(PAGE);
        for (int i = 0; i < 4; i++) {
            m.program().store(fds + i, fd >>> 8 * i & 0xff);
        }
        m.program().store(fds + 4, 1);
        m.program().store(fds + 6, 9);
        return Monitor.answer(m.program().call("poll", fds, 1, 0)) + " " + m.program().load(fds + 6);
    }
}
