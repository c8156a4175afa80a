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

/// What each command answers for areas of a tmpfs file; every answer was tried on Linux 6.18.
class ShmemCommandsTest {
    private static final long PAGE = Monitor.PAGE;

    /// A program that maps an empty file of `/mnt`, and serves the area.
    private record Scene(Monitor m, int fd, long p, long src) {
        String register(long mode, int pages) {
            return m.fill(Uffd.IOC_REGISTER, p, pages * PAGE, mode);
        }

        String copy(int page, int pages, long mode) {
            return m.fill(Uffd.IOC_COPY, p + page * PAGE, src, pages * PAGE, mode);
        }

        String continues(int page, int pages, long mode) {
            return m.fill(Uffd.IOC_CONTINUE, p + page * PAGE, pages * PAGE, mode);
        }

        String zeropage(int page) {
            return m.fill(Uffd.IOC_ZEROPAGE, p + page * PAGE, PAGE, 0);
        }

        String poison(int page) {
            return m.fill(Uffd.IOC_POISON, p + page * PAGE, PAGE, 0);
        }

        String protect(int pages, long mode) {
            return m.call(Uffd.IOC_WRITEPROTECT, p, pages * PAGE, mode);
        }

        int load(int page) {
            return m.program().load(p + page * PAGE);
        }

        void store(int page, int value) {
            m.program().store(p + page * PAGE, value);
        }

        void write(int page, int value) {
            m.program().store(src + 3 * PAGE, value);
            m.program().must("pwrite", fd, src + 3 * PAGE, 1, page * PAGE);
        }

        int file(int page) {
            assertEquals(1, m.program().must("pread", fd, src + 3 * PAGE, 1, page * PAGE));
            return m.program().load(src + 3 * PAGE);
        }

        void truncate(int pages) {
            m.program().must("ftruncate", fd, pages * PAGE);
        }
    }

    private static void run(OptionalLong limit, int filePages, int pages, int flags, Consumer<Scene> test) {
        Sandbox sandbox = Sandbox.tmpfs(limit).hole("/mnt/f", filePages * PAGE);
        assertEquals(List.of(), sandbox.run(() -> {
            Monitor m = Monitor.with(sandbox.program(1), Fcntl.O_NONBLOCK, 0);
            Sandbox.Program program = m.program();
            int fd = program.open("/mnt/f", 0);
            long p = program.must("mmap", 0, pages * PAGE, Mman.PROT_READ | Mman.PROT_WRITE, flags, fd, 0);
            long src = program.anonymous(4 * PAGE);
            program.store(src, 'a');
            program.store(src + PAGE, 'b');
            test.accept(new Scene(m, fd, p, src));
        }));
    }

    private static void shared(int filePages, int pages, Consumer<Scene> test) {
        run(OptionalLong.empty(), filePages, pages, Mman.MAP_SHARED, test);
    }

    private static void ofPrivate(int filePages, int pages, Consumer<Scene> test) {
        run(OptionalLong.empty(), filePages, pages, Mman.MAP_PRIVATE, test);
    }

    private static void everyModeButNoneCanBeRegistered(Scene s) {
        assertEquals("EINVAL 77", s.register(0, 8));
        assertEquals("0 " + 0x13c, s.register(1, 8));
        assertEquals("0 " + 0x17c, s.register(2, 8));
        assertEquals("0 " + 0x17c, s.register(3, 8));
        assertEquals("0 " + 0x1bc, s.register(4, 8));
        assertEquals("0 " + 0x1bc, s.register(5, 8));
        assertEquals("0 " + 0x1fc, s.register(6, 8));
        assertEquals("0 " + 0x1fc, s.register(7, 8));
        assertEquals("EINVAL 77", s.register(8, 8));
        assertEquals("0", s.m.call(Uffd.IOC_UNREGISTER, s.p, 8 * PAGE));
    }

    @Test
    void sharedAndPrivateMappingsCanBeRegistered() {
        shared(8, 8, ShmemCommandsTest::everyModeButNoneCanBeRegistered);
        ofPrivate(8, 8, ShmemCommandsTest::everyModeButNoneCanBeRegistered);
    }

    @Test
    void whatMustNotBeWrittenCannotBeServed() {
        Sandbox sandbox = Sandbox.tmpfs(OptionalLong.empty()).hole("/mnt/f", PAGE);
        assertEquals(List.of(), sandbox.run(() -> {
            Monitor m = Monitor.with(sandbox.program(1), Fcntl.O_NONBLOCK, 0);
            Sandbox.Program program = m.program();
            int fd = program.openReadOnly("/mnt/f");
            long shared = program.must("mmap", 0, PAGE, Mman.PROT_READ, Mman.MAP_SHARED, fd, 0);
            assertEquals("EPERM 77", m.fill(Uffd.IOC_REGISTER, shared, PAGE, 1));
            long own = program.must("mmap", 0, PAGE, Mman.PROT_READ, Mman.MAP_PRIVATE, fd, 0);
            assertEquals("0 " + 0x1bc, m.fill(Uffd.IOC_REGISTER, own, PAGE, 5));
            long src = program.anonymous(PAGE);
            program.store(src, 'a');
            assertEquals("0 4096", m.fill(Uffd.IOC_COPY, own, src, PAGE, 0));
            assertEquals('a', program.load(own));
            assertEquals(1, program.must("pread", fd, src, 1, 0));
            assertEquals(0, program.load(src));
        }));
    }

    @Test
    void copyThroughASharedMappingFillsTheFile() {
        shared(4, 8, s -> {
            assertEquals("0 " + 0x13c, s.register(1, 8));
            assertEquals("0 4096", s.copy(0, 1, 0));
            assertEquals('a', s.file(0));
            assertEquals("EEXIST -17", s.copy(0, 1, 0));
            s.write(1, 'z');
            assertEquals("EEXIST -17", s.copy(1, 1, 0));
            assertEquals("EAGAIN 8192", s.copy(2, 3, 0));
            assertEquals("EFAULT -14", s.copy(4, 1, 0));
            assertEquals("EEXIST -17", s.zeropage(3));
            assertEquals("EFAULT -14", s.zeropage(5));
            assertEquals("0 4096", s.continues(1, 1, 0));
            assertEquals("EINVAL -22", s.m.fill(Uffd.IOC_MOVE, s.p, s.src, PAGE, 0));
            assertEquals("EEXIST -17", s.poison(1));
            assertEquals("EFAULT -14", s.poison(6));
            assertEquals("EEXIST -17", s.poison(0));
            assertEquals('z', s.load(1));
            s.store(2, 'q');
            assertEquals('q', s.file(2));
            assertEquals("0", s.m.call(Uffd.IOC_UNREGISTER, s.p, 8 * PAGE));
            assertEquals('z', s.load(1));
        });
    }

    @Test
    void continueMapsWhatTheFileHas() {
        shared(4, 8, s -> {
            s.write(0, 'z');
            s.write(1, 'y');
            assertEquals("0 " + 0x1bc, s.register(4, 8));
            assertEquals("0 4096", s.continues(0, 1, 0));
            assertEquals("EEXIST -17", s.continues(0, 1, 0));
            assertEquals("EFAULT -14", s.continues(2, 1, 0));
            assertEquals("EINVAL -22", s.continues(4, 1, 0));
            assertEquals("EAGAIN 4096", s.continues(1, 2, 0));
            assertEquals("EINVAL 77", s.continues(1, 1, 4));
            assertEquals("EINVAL -22", s.continues(1, 1, 2));
            s.store(0, 'w');
            assertEquals('w', s.file(0));
            assertEquals("EINVAL 77", s.continues(0, 0, 0));
            assertEquals("ENOENT -2", s.continues(8, 1, 0));
            assertEquals("0 4096", s.copy(2, 1, 0));
            assertEquals('a', s.file(2));
            assertEquals('a', s.load(2));
        });
    }

    @Test
    void aPrivateMappingKeepsTheFileAsItIs() {
        ofPrivate(4, 4, s -> {
            s.write(0, 'z');
            assertEquals("0 " + 0x1bc, s.register(5, 4));
            assertEquals("0 4096", s.continues(0, 1, 0));
            assertEquals('z', s.load(0));
            s.store(0, 'w');
            assertEquals('w', s.load(0));
            assertEquals('z', s.file(0));
            assertEquals("0 4096", s.copy(1, 1, 0));
            assertEquals('a', s.load(1));
            assertEquals(0, s.file(1));
            assertEquals("0 4096", s.zeropage(2));
            assertEquals(0, s.load(2));
            s.truncate(1);
            assertThrows(SignalRaised.class, () -> s.load(1));
            assertEquals("EFAULT -14", s.copy(1, 1, 0));
            assertEquals("EFAULT -14", s.zeropage(1));
            assertEquals("EFAULT -14", s.poison(1));
            assertEquals("EINVAL -22", s.continues(1, 1, 0));
        });
    }

    @Test
    void whatIsMissingCanBeProtectedToo() {
        shared(4, 4, s -> {
            s.write(0, 'z');
            assertEquals("0 " + 0x1fc, s.register(7, 4));
            assertEquals("0", s.protect(4, 1));
            assertEquals("0 4096", s.continues(0, 1, 2));
            assertEquals("0 4096", s.copy(1, 1, 2));
            assertEquals("0 4096", s.copy(2, 1, 0));
            assertEquals("0 4096", s.zeropage(3));
            assertEquals('z', s.load(0));
            assertEquals('a', s.load(1));
            s.store(2, 's');
            assertEquals("0", s.protect(4, 0));
            s.store(0, 't');
        });
    }

    @Test
    void memoryThatIsSharedAndAnonymousIsShmem() {
        Sandbox sandbox = Sandbox.ext4();
        assertEquals(List.of(), sandbox.run(() -> {
            Monitor m = Monitor.with(sandbox.program(1), Fcntl.O_NONBLOCK, 0);
            Sandbox.Program program = m.program();
            long p = program.must("mmap", 0, 4 * PAGE, Mman.PROT_READ | Mman.PROT_WRITE,
                    Mman.MAP_SHARED | Mman.MAP_ANONYMOUS, -1, 0);
            Scene s = new Scene(m, -1, p, program.anonymous(PAGE));
            program.store(s.src, 'a');
            assertEquals("0 " + 0x1bc, s.register(5, 4));
            assertEquals("0 4096", s.copy(0, 1, 0));
            assertEquals('a', s.load(0));
            assertEquals("EEXIST -17", s.continues(0, 1, 0));
            assertEquals("EFAULT -14", s.continues(1, 1, 0));
            assertEquals("0 4096", s.zeropage(1));
        }));
    }

    @Test
    void onAFullMountOnlyWhatNeedsABlockFails() {
        run(OptionalLong.of(PAGE), 4, 4, Mman.MAP_SHARED, s -> {
            s.write(0, 5);
            assertEquals("0 " + 0x1bc, s.register(5, 4));
            assertEquals("0 4096", s.continues(0, 1, 0));
            assertEquals("ENOMEM -12", s.copy(1, 1, 0));
            assertEquals("ENOMEM -12", s.zeropage(1));
            assertEquals("ENOMEM -12", s.copy(0, 1, 0));
        });
        run(OptionalLong.of(PAGE), 4, 4, Mman.MAP_PRIVATE, s -> {
            s.write(0, 5);
            assertEquals("0 " + 0x1bc, s.register(5, 4));
            assertEquals("0 4096", s.copy(1, 1, 0));
        });
    }
}
