package dev.faultline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/// Every bug of the zoo happens in the kernels that had it, and in no other.
class ZooTest {
    @Test
    void everyExpectationIsMet() {
        System.setProperty("faultline.home", "..");
        CommandLineRun run = CommandLineRun.of("zoo", "--quiet");
        assertEquals(0, run.status(), run.out() + run.err());
    }
}
