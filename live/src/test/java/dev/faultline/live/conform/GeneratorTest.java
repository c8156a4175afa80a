package dev.faultline.live.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;
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

    /// A program is one thread so far, and who handles a fault has to be another one.
    private static final List<String> OF_USERFAULTFD = List.of("userfaultfd", "ioctl", "poll");

    /// What they answer depends on when the device is done.
    private static final List<String> OF_REQUESTS_NOBODY_WAITS_FOR =
            List.of("io_setup", "io_submit", "io_getevents", "io_destroy");

    /// It is about the tags of memory, which this host has none of.
    private static final List<String> OF_TAGS = List.of("prctl");

    /// Only file systems without a disk have them in the model, and a program has no use for seals.
    private static final List<String> OF_TMPFS = List.of("fallocate", "fcntl", "memfd_create");

    /// They name a process by its number, which is another one on the two sides.
    private static final List<String> OF_NUMBERED_PROCESSES = List.of("process_vm_readv", "process_vm_writev");

    /// A pipe makes its one program wait for another one; `zoo/live` has tests of them.
    private static final List<String> OF_PIPES =
            List.of("pipe", "pipe2", "splice", "tee", "vmsplice");

    @Test
    void everyCallOfTheModelComesUp() {
        Generator generator = new Generator("ext4");
        TreeSet<String> made = new TreeSet<>();
        for (int seed = 0; seed < 2000; seed++) {
            generator.program(seed).calls().forEach(call -> made.add(call.name()));
        }
        TreeSet<String> missing = new TreeSet<>(SystemCalls.names());
        missing.removeAll(made);
        OF_SEVERAL_PROCESSES.forEach(missing::remove);
        OF_USERFAULTFD.forEach(missing::remove);
        OF_REQUESTS_NOBODY_WAITS_FOR.forEach(missing::remove);
        OF_TAGS.forEach(missing::remove);
        OF_TMPFS.forEach(missing::remove);
        OF_NUMBERED_PROCESSES.forEach(missing::remove);
        OF_PIPES.forEach(missing::remove);
        assertEquals(new TreeSet<>(), missing);
    }
}
