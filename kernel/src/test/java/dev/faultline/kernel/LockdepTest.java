package dev.faultline.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.faultline.machine.shared.BitLock;
import dev.faultline.machine.shared.Mutex;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What Linux's lockdep checks on the way out of the kernel.
class LockdepTest {
    @Test
    void aSystemCallReturnsWithoutLocks() {
        Sandbox sandbox = Sandbox.ext4();
        List<Finding> findings = sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            new Mutex(sandbox.machine(), "mutex", "x").lock();
            program.call("sched_yield");
        });
        assertEquals(List.of(new Finding(Kind.BUG, "lock held when returning to user space: mutex of x")), findings);
    }

    @Test
    void aPageLockMayBeLeftToTheCompletionOfAWrite() {
        Sandbox sandbox = Sandbox.ext4();
        List<Finding> findings = sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            BitLock bit = new BitLock(sandbox.machine(), "folio lock", "x");
            bit.lock();
            program.call("sched_yield");
            bit.unlock();
        });
        assertEquals(List.of(), findings);
    }
}
