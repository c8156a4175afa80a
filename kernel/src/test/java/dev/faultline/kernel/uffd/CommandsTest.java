package dev.faultline.kernel.uffd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Mman;
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
}
