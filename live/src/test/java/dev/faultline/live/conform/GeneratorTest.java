package dev.faultline.live.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.faultline.kernel.syscall.SystemCalls;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class GeneratorTest {
    @Test
    void aSeedIsAProgram() {
        assertEquals(new Generator("ext4").program(17), new Generator("ext4").program(17));
        assertNotEquals(new Generator("ext4").program(17), new Generator("ext4").program(18));
    }

    /// A program is one process so far.
    private static final List<String> OF_SEVERAL_PROCESSES = List.of("_exit", "fork", "wait", "waitpid");

    /// What they answer depends on when the device is done.
    private static final List<String> OF_REQUESTS_NOBODY_WAITS_FOR =
            List.of("io_setup", "io_submit", "io_getevents", "io_destroy");

    /// It is about the tags of memory, which this host has none of.
    private static final List<String> OF_TAGS = List.of("prctl");

    /// A program has no use for seals.
    private static final List<String> OF_TMPFS = List.of("memfd_create");

    /// They name a process by its number, which is another one on the two sides.
    private static final List<String> OF_NUMBERED_PROCESSES = List.of("process_vm_readv", "process_vm_writev");

    /// One that waits: programs make pipes that do not.
    private static final List<String> OF_PIPES = List.of("pipe");

    @Test
    void everyCallOfTheModelComesUp() {
        Generator generator = new Generator("ext4");
        TreeSet<String> made = new TreeSet<>();
        for (int seed = 0; seed < 2000; seed++) {
            Program program = generator.program(seed);
            program.calls().forEach(call -> made.add(call.name()));
            assertFalse(Waiting.isPossible(program), program::toString);
        }
        TreeSet<String> missing = new TreeSet<>(SystemCalls.names());
        missing.removeAll(made);
        OF_SEVERAL_PROCESSES.forEach(missing::remove);
        OF_REQUESTS_NOBODY_WAITS_FOR.forEach(missing::remove);
        OF_TAGS.forEach(missing::remove);
        OF_TMPFS.forEach(missing::remove);
        OF_NUMBERED_PROCESSES.forEach(missing::remove);
        OF_PIPES.forEach(missing::remove);
        assertEquals(new TreeSet<>(), missing);
    }
}
