package dev.faultline.live.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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

    /// A parent waits in any case; and the number of a process is another one on each side.
    private static final List<String> OF_SEVERAL_PROCESSES = List.of("_exit", "fork", "wait", "waitpid", "getpid");

    /// It is about the tags of memory, which this host has none of.
    private static final List<String> OF_TAGS = List.of("prctl");

    /// What runs programs on the host has descriptors of its own.
    private static final List<String> OF_LIMITS = List.of("setrlimit");

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
        assertTrue(made.containsAll(Call.REQUESTS.keySet()), made::toString);
        Call.OF_REQUESTS.forEach(missing::remove);
        OF_TAGS.forEach(missing::remove);
        OF_PIPES.forEach(missing::remove);
        OF_LIMITS.forEach(missing::remove);
        assertEquals(new TreeSet<>(), missing);
    }
}
