package dev.faultline.kernel.uffd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.EveryOrder;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.PhysicalMemory;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.syscall.Kernel;
import dev.faultline.kernel.uapi.Uffd;
import dev.faultline.machine.task.Machine;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// A process forks and is killed, as there is no memory, while somebody reads of the fork: in every order.
class ForkReadTest {
    /// Up to v4.13.
    private static final class WithoutReference extends ForkRead {
        @Override
        protected boolean takesReference() {
            return false;
        }
    }

    private static EveryOrder.World world(Machine machine, ForkRead how) {
        Kernel kernel = new Kernel(machine, Parts.TODAY, 1);
        Mm mm = kernel.process(1, "parent").mm();
        Mm childMm = kernel.process(1, "child").mm();
        PhysicalMemory physical = new PhysicalMemory(machine);
        physical.limit(0, () -> false);
        Userfaultfds all = new Userfaultfds();
        UserfaultfdCtx ctx = all.add(new UserfaultfdCtx(all, machine, Parts.TODAY.with(ForkRead.PART, how), physical, mm, 0));
        TreeSet<String> seen = new TreeSet<>();
        List<Runnable> tasks = List.of(
                () -> as(machine, mm, () -> {
                    ctx.initialize(Uffd.FEATURE_EVENT_FORK);
                    ctx.fork(childMm).orElseThrow().complete().run();
                }),
                () -> as(machine, mm, () -> seen.add(read(ctx))),
                () -> as(machine, mm, () -> physical.allocate("any").put()));
        return new EveryOrder.World(tasks, () -> seen + " " + all.leaks());
    }

    private static void as(Machine machine, Mm mm, Runnable what) {
        machine.current().setContext(new TaskStruct(mm));
        what.run();
    }

    private static String read(UserfaultfdCtx ctx) {
        Optional<FaultQueues.Message> message = ctx.read(false);
        Optional<FaultQueues.Event> fork = message.flatMap(FaultQueues.Message::fork);
        if (fork.isEmpty()) {
            return "nothing";
        }
        UserfaultfdCtx child = fork.get().child().orElseThrow();
        boolean held = child.isHeldByReader();
        boolean told = fork.get().complete();
        if (held || told) {
            child.putForFile(); // the file is closed
        }
        if (held && told) {
            child.putForFile();
        }
        return told ? "told" : "too late";
    }

    @Test
    void aReferenceKeepsTheChildsHandler() {
        EveryOrder all = new EveryOrder(machine -> world(machine, new ForkRead())).reduced();
        String left = " [userfaultfd of parent has 1 references at the end][P0 is done, P1 is done, P2 is done]"; // that of its file
        assertEquals(new TreeSet<>(List.of("[nothing]" + left, "[told]" + left, "[too late]" + left)), all.results());
    }

    @Test
    void withoutOneItIsUsedAfterItWasFreed() {
        EveryOrder orders = new EveryOrder(machine -> world(machine, new WithoutReference()));
        AssertionError found = assertThrows(AssertionError.class, orders::reduced);
        assertTrue(String.valueOf(found.getMessage()).endsWith("ended with FINDING"), found::toString);
    }
}
