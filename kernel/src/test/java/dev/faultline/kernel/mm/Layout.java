package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import java.util.List;
import java.util.function.Consumer;

/// A program that maps memory where it likes, and what its address space is like then: for tests of areas.
final class Layout {
    static final long P = 4096;

    /// Where nothing is mapped at first.
    static final long Q = 1L << 40;
    static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;
    static final int RWX = RW | Mman.PROT_EXEC;
    static final int MOVE = Mman.MREMAP_MAYMOVE | Mman.MREMAP_FIXED;
    static final int KEEP = MOVE | Mman.MREMAP_DONTUNMAP;

    private Layout() {}

    /// Runs a program with a file of 8 pages, which it has not opened, and two devices.
    static void run(Consumer<Sandbox.Program> body) {
        Sandbox sandbox = Sandbox.ext4().file("/mnt/f", 8 * P, 'a').device("/dev/frames", VmFlag.PFNMAP).device("/dev/registers", VmFlag.IO);
        assertEquals(List.of(), sandbox.run(() -> body.accept(sandbox.program(1))));
    }

    static void fails(Errno errno, SysResult result) {
        assertEquals(SysResult.err(errno), result);
    }

    /// Maps memory without a file.
    static long at(Sandbox.Program program, long address, long pages, int protection) {
        return program.must("mmap", address, pages * P, protection, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS | Mman.MAP_FIXED, -1, 0);
    }

    /// Maps the file that is open as 3, from a page on.
    static long file(Sandbox.Program program, long address, long pages, int protection, int sort, long index) {
        return program.must("mmap", address, pages * P, protection, sort | Mman.MAP_FIXED, 3, index * P);
    }

    static List<Vma> areas(Sandbox.Program program, long from, long pages) {
        program.mm().mmapLock().downRead();
        List<Vma> areas = program.mm().areas(from, from + pages * P);
        program.mm().mmapLock().upRead();
        return areas;
    }

    static void areAreas(int number, Sandbox.Program program, long from, long pages) {
        assertEquals(number, areas(program, from, pages).size());
    }

    static Pte entry(Sandbox.Program program, long address) {
        return program.mm().slot(address).peek();
    }

    static Pte.Present present(Sandbox.Program program, long address) {
        return assertInstanceOf(Pte.Present.class, entry(program, address));
    }
}
