package dev.faultline.history;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.syscall.Kernel;
import dev.faultline.kernel.syscall.Process;
import dev.faultline.kernel.syscall.SystemCalls;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.Ending;
import dev.faultline.machine.task.Machine;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What `fault_in_safe_writeable` says of a range, from release to release: the bytes *not* faulted in.
class FaultInTest {
    private static final long P = Content.SIZE;

    /// {@return what is said of `lengthBytes` bytes from `offset` on, of three pages that nobody has touched; `gone` is the
    /// one that is not mapped, 3 for none}
    private static long missing(String release, int gone, long offset, long lengthBytes) {
        Machine machine = new Machine(100_000, null);
        Kernel kernel = new Kernel(machine, Kernels.at(release), 1);
        SystemCalls calls = new SystemCalls(kernel);
        List<Long> result = new ArrayList<>();
        Ending ending = machine.runAlone("test", () -> {
            Process process = kernel.process(1, "test");
            process.enter();
            long address = ((SysResult.Ok) calls.get("mmap").invoke(process, new long[] {0, 4 * P,
                Mman.PROT_READ | Mman.PROT_WRITE, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS, -1, 0})).value();
            calls.get("munmap").invoke(process, new long[] {address + gone * P, P});
            result.add(kernel.nodes().getFirst().userMemory().faultIn()
                    .faultInSafeWriteable(process.mm(), address + offset, lengthBytes));
        });
        assertEquals(Ending.DONE, ending);
        return result.getFirst();
    }

    @ParameterizedTest
    @CsvSource({"v5.14", "v5.16", "v5.17", "v6.14", "v6.15", "v6.18"})
    void allOfItIsThere(String release) {
        assertEquals(0, missing(release, 3, 0, 3 * P));
        assertEquals(0, missing(release, 1, 512, P - 512));
        assertEquals(0, missing(release, 0, P + 1, 1));
    }

    @ParameterizedTest
    @CsvSource({"v5.16", "v5.17", "v6.14", "v6.15", "v6.18"})
    void nothingOfItIsThere(String release) {
        assertEquals(P, missing(release, 0, 0, P));
        assertEquals(100, missing(release, 1, P + 100, 100));
    }

    /// From v5.17-rc8 to v6.15-rc2 the subtraction of what was reached has its operands swapped.
    @ParameterizedTest
    @CsvSource({
        "v5.16, 4096, 4000", "v5.17-rc7, 4096, 4000",
        "v5.17-rc8, 0, 0", "v6.14, 0, 0", "v6.15-rc2, 0, 0",
        "v6.15-rc3, 4096, 4000", "v6.18, 4096, 4000"})
    void aPartOfItIsThere(String release, long aligned, long unaligned) {
        assertEquals(aligned, missing(release, 2, P, 2 * P));
        assertEquals(unaligned, missing(release, 2, P + 1024, P - 1024 + 4000));
    }

    /// Up to v5.17-rc7 the walk goes from area to area, and a hole that one follows counts as faulted in.
    @Test
    void aHoleInTheMiddle() {
        assertEquals(0, missing("v5.16", 1, 0, 3 * P));
        assertEquals(0, missing("v6.14", 1, 0, 3 * P));
        assertEquals(2 * P, missing("v6.18", 1, 0, 3 * P));
    }
}
