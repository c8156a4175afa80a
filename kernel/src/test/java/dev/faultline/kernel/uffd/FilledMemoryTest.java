package dev.faultline.kernel.uffd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.mm.GupFlag;
import dev.faultline.kernel.mm.GupResult;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.Uffd;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// What becomes of memory that was filled in, and of what could not be; every answer was tried on Linux 6.18.
class FilledMemoryTest {
    private static final long PAGE = Monitor.PAGE;

    /// A program that serves four pages for missing ones, and has four more, the first with an `s`.
    private record Scene(Monitor m, long p, long src) {
        String copy(long from) {
            return m.fill(Uffd.IOC_COPY, p, from, PAGE, 0);
        }

        String move() {
            return m.fill(Uffd.IOC_MOVE, p, src, PAGE, 0);
        }
    }

    private static void run(long features, long mode, Consumer<Scene> test) {
        Sandbox sandbox = Sandbox.ext4();
        assertEquals(List.of(), sandbox.run(() -> {
            Monitor m = Monitor.with(sandbox.program(1), 0, features);
            long p = alone(m.program());
            assertEquals("0", m.fill(Uffd.IOC_REGISTER, p, 4 * PAGE, mode).split(" ")[0]);
            long src = m.program().anonymous(4 * PAGE); // an area of its own, as the other one is served
            m.program().store(src, 's');
            test.accept(new Scene(m, p, src));
        }));
    }

    /// {@return four pages that nothing was ever stored near: their area has nothing of a neighbour's}
    private static long alone(Sandbox.Program program) {
        int flags = Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS;
        long reserved = program.must("mmap", 0, 6 * PAGE, Mman.PROT_NONE, flags, -1, 0);
        program.must("munmap", reserved, PAGE);
        program.must("munmap", reserved + 5 * PAGE, PAGE);
        program.must("mprotect", reserved + PAGE, 4 * PAGE, Mman.PROT_READ | Mman.PROT_WRITE);
        return reserved + PAGE;
    }

    private static int inherited(Scene s) {
        Sandbox.Program child = s.m().program().fork();
        int seen = child.load(s.p());
        child.exit(0);
        s.m().program().must("wait", 0);
        return seen;
    }

    @Test
    void aChildInheritsWhatWasCopied() {
        run(0, Uffd.REGISTER_MODE_MISSING, s -> {
            assertEquals("0 4096", s.copy(s.src()));
            assertEquals('s', inherited(s));
        });
    }

    @Test
    void aChildInheritsWhatWasMoved() {
        run(0, Uffd.REGISTER_MODE_MISSING, s -> {
            assertEquals("0 4096", s.move());
            assertEquals('s', inherited(s));
        });
    }

    @Test
    void whatWasCopiedIsThePrograms() {
        run(0, Uffd.REGISTER_MODE_MISSING, s -> {
            assertEquals("0 4096", s.copy(s.src()));
            assertEquals("0 4096", s.m().fill(Uffd.IOC_MOVE, s.p() + PAGE, s.p(), PAGE, 0));
            assertEquals('s', s.m().program().load(s.p() + PAGE));
        });
    }

    @Test
    void aSourceThatEndsInTheMiddleOfAPageFillsNothing() {
        run(0, Uffd.REGISTER_MODE_MISSING, s -> {
            s.m().program().must("munmap", s.src() + PAGE, PAGE);
            assertEquals("EFAULT -14", s.copy(s.src() + 1));
            assertEquals("0 4096", s.copy(s.src()));
        });
    }

    @Test
    void whatMayOnlyBeWrittenIsNotMovedToWhatMayBeReadToo() {
        run(0, Uffd.REGISTER_MODE_MISSING, s -> {
            s.m().program().must("mprotect", s.src(), 4 * PAGE, Mman.PROT_WRITE);
            assertEquals("EINVAL -22", s.move());
            s.m().program().must("mprotect", s.src(), 4 * PAGE, Mman.PROT_READ | Mman.PROT_WRITE);
            assertEquals("0 4096", s.move());
        });
    }

    @Test
    void whoMayNotTakeAnAreaBackLeavesItServed() {
        run(0, Uffd.REGISTER_MODE_MISSING, s -> {
            Monitor other = Monitor.with(s.m().program(), 0, 0);
            assertEquals("EINVAL", other.call(Uffd.IOC_UNREGISTER, s.p(), PAGE));
            assertEquals("0 4096", s.copy(s.src()));
        });
    }

    /// A marker tells that it is protected, and is in the way of zeroes.
    @Test
    void asynchronousProtectionIsForWhatIsMissingToo() {
        run(Uffd.FEATURE_WP_ASYNC, Uffd.REGISTER_MODE_MISSING | Uffd.REGISTER_MODE_WP, s -> {
            assertEquals("0", s.m().call(Uffd.IOC_WRITEPROTECT, s.p(), PAGE, Uffd.WRITEPROTECT_MODE_WP));
            s.m().program().must("mincore", s.p(), PAGE, s.src());
            assertEquals(0, s.m().program().load(s.src()));
            assertEquals("EEXIST -17", s.m().fill(Uffd.IOC_ZEROPAGE, s.p(), PAGE, 0));
            assertEquals("0 4096", s.m().fill(Uffd.IOC_ZEROPAGE, s.p() + PAGE, PAGE, 0));
        });
    }

    @Test
    void nobodyIsAskedForWhatIsReadThroughProcSelfMem() {
        run(0, Uffd.REGISTER_MODE_MISSING, s -> {
            Sandbox.Program program = s.m().program();
            int mem = program.open("/proc/self/mem", 0);
            assertEquals("EIO", Monitor.answer(program.call("pread", mem, s.src(), 1, s.p())));
            assertEquals(1, program.must("pread", mem, s.src() + PAGE, 1, s.src()));
        });
    }

    @Test
    void whoMustNotWaitGetsNoMissingPage() {
        run(0, Uffd.REGISTER_MODE_MISSING, s -> {
            Sandbox.Program program = s.m().program();
            EnumSet<GupFlag> flags = EnumSet.of(GupFlag.NOWAIT, GupFlag.UNLOCKABLE);
            program.mm().mmapLock().downRead();
            GupResult result = program.gup().getUserPagesRemote(program.mm(), s.p(), 1, flags);
            program.mm().mmapLock().upRead(); // fails if it was given up in between
            assertEquals(new GupResult.Pages(List.of()), result);
        });
    }
}
