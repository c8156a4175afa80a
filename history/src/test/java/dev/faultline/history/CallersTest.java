package dev.faultline.history;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.chardev.ArmadaGem;
import dev.faultline.kernel.kvm.MagicPage;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.signal.FpuFrame;
import dev.faultline.kernel.signal.PowerpcContext;
import dev.faultline.kernel.syscall.Kernel;
import dev.faultline.kernel.syscall.Process;
import dev.faultline.kernel.syscall.SystemCalls;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.Ending;
import dev.faultline.machine.task.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/// Callers of the fault-in functions, in the forms that they had: each with two pages of memory, of which the second is
/// gone where a test says so.
class CallersTest {
    private static final int STATE_BYTES = 1024;
    /// What is read or written begins here in the first page, so that half of it lies in the second.
    private static final int OFFSET = Content.SIZE - STATE_BYTES / 2;

    /// What a test does, with a machine and the address of the memory.
    private interface Body {
        Object run(Node node, long address);
    }

    private enum Memory { BOTH_PAGES, FIRST_PAGE }

    /// {@return what the body came to, or how it ended}
    private static Object run(String kernelName, List<String> patches, Memory memory, Body body) {
        Parts parts = Kernels.with(kernelName, patches);
        Machine machine = new Machine(100_000, null);
        Kernel kernel = new Kernel(machine, parts, 1);
        SystemCalls calls = new SystemCalls(kernel);
        List<Object> result = new ArrayList<>();
        Ending ending = machine.runAlone("test", () -> {
            Process process = kernel.process(1, "test");
            process.enter();
            long address = ((SysResult.Ok) calls.get("mmap").invoke(process, new long[] {0, 2 * Content.SIZE,
                Mman.PROT_READ | Mman.PROT_WRITE, Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS, -1, 0})).value();
            if (memory == Memory.FIRST_PAGE) {
                calls.get("munmap").invoke(process, new long[] {address + Content.SIZE, Content.SIZE});
            }
            result.add(body.run(kernel.nodes().getFirst(), address));
        });
        return result.isEmpty() ? ending : result.getFirst();
    }

    private static Object restore(String kernelName, Memory memory, long announcedBytes) {
        return run(kernelName, List.of(), memory, (node, address) -> new FpuFrame(node.userMemory(), node.parts())
                .restore(new Content((byte) 0), address + OFFSET, announcedBytes, STATE_BYTES));
    }

    @Test
    void registersComeBackFromAFrameThatIsNotThereYet() {
        assertEquals(Optional.empty(), restore("v6.18", Memory.BOTH_PAGES, STATE_BYTES));
        assertEquals(Optional.empty(), restore("v6.7", Memory.BOTH_PAGES, STATE_BYTES));
    }

    @Test
    void aFrameThatIsCutOffIsRefused() {
        assertEquals(Optional.of(Errno.EFAULT), restore("v6.18", Memory.FIRST_PAGE, STATE_BYTES));
        assertEquals(Optional.of(Errno.EFAULT), restore("v6.7", Memory.FIRST_PAGE, STATE_BYTES));
    }

    @Test
    void aFrameThatSaysItIsShorterThanWhatIsLoadedWentRoundForEver() {
        assertEquals(Ending.LIVELOCK, restore("v6.7", Memory.FIRST_PAGE, STATE_BYTES / 2));
        assertEquals(Optional.of(Errno.EFAULT), restore("v6.8", Memory.FIRST_PAGE, STATE_BYTES / 2));
        assertEquals(Optional.of(Errno.EFAULT), restore("v6.18", Memory.FIRST_PAGE, STATE_BYTES / 2));
    }

    @Test
    void registersAreStoredInAFrameThatIsNotThereYet() {
        Body save = (node, address) -> new FpuFrame(node.userMemory(), node.parts())
                .save(new Content((byte) 1), address + OFFSET, STATE_BYTES);
        assertEquals(Optional.empty(), run("v6.18", List.of(), Memory.BOTH_PAGES, save));
        assertEquals(Optional.of(Errno.EFAULT), run("v6.18", List.of(), Memory.FIRST_PAGE, save));
    }

    private static Object magicPage(String kernelName, int page, Memory memory) {
        return run(kernelName, List.of(), memory, (node, address) ->
                new MagicPage(node.userMemory(), node.parts()).use(address + page * Content.SIZE));
    }

    @Test
    void aGuestUsesItsMagicPageWhereItIsThere() {
        assertEquals(true, magicPage("v6.18", 0, Memory.BOTH_PAGES));
        assertEquals(false, magicPage("v6.18", 1, Memory.FIRST_PAGE));
    }

    @Test
    void aGuestUsedItsMagicPageWhereItWasNotThereAndOnlyThere() {
        assertEquals(false, magicPage("v5.15", 0, Memory.BOTH_PAGES));
        assertEquals(true, magicPage("v5.15", 1, Memory.FIRST_PAGE));
        assertEquals(true, magicPage("v4.17", 0, Memory.BOTH_PAGES));
    }

    private static Object pwrite(List<String> patches, Memory memory, long sizeBytes) {
        return run("v6.18", patches, memory, (node, address) ->
                new ArmadaGem(node).pwrite(address + OFFSET, 0, sizeBytes));
    }

    @Test
    void aGraphicsBufferIsWrittenFromMemoryThatIsNotThereYet() {
        assertEquals(0L, pwrite(List.of(), Memory.BOTH_PAGES, STATE_BYTES));
        assertEquals((long) -Errno.EINVAL.number(), pwrite(List.of(), Memory.BOTH_PAGES, Content.SIZE + 1));
    }

    @Test
    void theBytesThatAreMissingAreNoErrno() {
        assertEquals((long) -Errno.EFAULT.number(), pwrite(List.of(), Memory.FIRST_PAGE, STATE_BYTES));
        assertEquals(STATE_BYTES / 2L, pwrite(List.of("armada-shortfall-passed-on"), Memory.FIRST_PAGE, STATE_BYTES));
    }

    private static Object swap(List<String> patches, Memory memory) {
        return run("v6.18", patches, memory, (node, address) -> new PowerpcContext(node.userMemory(), node.parts())
                .swap(new Content((byte) 0), OptionalLong.of(address), address + OFFSET, STATE_BYTES));
    }

    @Test
    void aContextThatIsCutOffIsRefusedWhileThereIsOneToGoOnIn() {
        assertEquals(PowerpcContext.Result.SWAPPED, swap(List.of(), Memory.BOTH_PAGES));
        assertEquals(PowerpcContext.Result.REFUSED, swap(List.of(), Memory.FIRST_PAGE));
        assertEquals(PowerpcContext.Result.KILLED, swap(List.of("swapcontext-takes-a-part"), Memory.FIRST_PAGE));
    }
}
