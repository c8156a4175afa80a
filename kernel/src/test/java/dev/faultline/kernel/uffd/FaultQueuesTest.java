package dev.faultline.kernel.uffd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.EveryOrder;
import dev.faultline.kernel.fs.PollWait;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.PhysicalMemory;
import dev.faultline.kernel.syscall.Kernel;
import dev.faultline.kernel.uapi.Uffd;
import dev.faultline.machine.task.Machine;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The queues by themselves, in every order of what tasks do to them: what they announce is true, so that a search that
/// believes it finds everything that there is, and nothing twice.
class FaultQueuesTest {
    private static final long NEAR = 0x1000;
    private static final long FAR = 0x9000;
    private static final FaultQueues.WakeRange NEAR_ONLY = new FaultQueues.WakeRange(NEAR, 0x1000);

    /// What a task can do.
    private enum Deed {
        /// A fault that has to wait.
        FAULT {
            @Override
            String run(Machine machine, FaultQueues queues) {
                return fault(machine, queues, NEAR);
            }
        },
        FAULT_FAR {
            @Override
            String run(Machine machine, FaultQueues queues) {
                return fault(machine, queues, FAR);
            }
        },
        /// One that is resolved when it has queued.
        FAULT_IN_VAIN {
            @Override
            String run(Machine machine, FaultQueues queues) {
                FaultQueues.Waiter waiter = waiter(machine, NEAR);
                queues.add(waiter);
                queues.remove(waiter);
                return "in vain";
            }
        },
        EVENT {
            @Override
            String run(Machine machine, FaultQueues queues) {
                FaultQueues.Event event = event(machine);
                queues.add(event);
                queues.readers().wake();
                return event.schedule() ? "told" : "not told";
            }
        },
        /// A fork: who reads of it says when it is told.
        FORK {
            @Override
            String run(Machine machine, FaultQueues queues) {
                FaultQueues.Event fork = fork(machine);
                queues.add(fork);
                queues.readers().wake();
                return fork.schedule() ? "told" : "not told";
            }
        },
        FORK_IN_VAIN {
            @Override
            String run(Machine machine, FaultQueues queues) {
                FaultQueues.Event fork = fork(machine);
                queues.add(fork);
                return queues.abort(fork) ? "given up" : "told before";
            }
        },
        /// An event that finds the file closed.
        EVENT_IN_VAIN {
            @Override
            String run(Machine machine, FaultQueues queues) {
                FaultQueues.Event event = event(machine);
                queues.add(event);
                return queues.abort(event) ? "given up" : "told before";
            }
        },
        WAKE {
            @Override
            String run(Machine machine, FaultQueues queues) {
                if (!queues.isActive()) {
                    return "nobody";
                }
                queues.wake(NEAR_ONLY);
                return "wakes";
            }
        },
        CLOSE {
            @Override
            String run(Machine machine, FaultQueues queues) {
                queues.wake(FaultQueues.WakeRange.ALL);
                queues.abortAll();
                queues.readers().wake();
                return "closed";
            }
        },
        READ {
            @Override
            String run(Machine machine, FaultQueues queues) {
                return read(queues.refile());
            }
        },
        READ_BLOCKING {
            @Override
            String run(Machine machine, FaultQueues queues) {
                Optional<FaultQueues.Message> msg = queues.refileOrJoin();
                while (msg.isEmpty()) {
                    queues.readers().await();
                    msg = queues.refileOrJoin();
                }
                return read(msg);
            }
        },
        POLL {
            @Override
            String run(Machine machine, FaultQueues queues) {
                return queues.poll(Optional.empty()) ? "ready" : "not ready";
            }
        },
        POLL_BLOCKING {
            @Override
            String run(Machine machine, FaultQueues queues) {
                PollWait wait = new PollWait(machine);
                int times = 1;
                while (!queues.poll(Optional.of(wait))) {
                    wait.await();
                    times++;
                }
                return "ready at " + times;
            }
        };

        abstract String run(Machine machine, FaultQueues queues);

        private static FaultQueues.Waiter waiter(Machine machine, long address) {
            return new FaultQueues.Waiter(machine.current(), new UffdMsg(Uffd.EVENT_PAGEFAULT, 0, address, 0));
        }

        private static FaultQueues.Event event(Machine machine) {
            return new FaultQueues.Event(machine, new UffdMsg(Uffd.EVENT_REMOVE, 0, 0, 0), Optional.empty());
        }

        private static String fault(Machine machine, FaultQueues queues, long address) {
            FaultQueues.Waiter waiter = waiter(machine, address);
            queues.add(waiter);
            queues.readers().wake();
            queues.schedule(waiter);
            return "woken";
        }

        private static FaultQueues.Event fork(Machine machine) {
            Mm mm = new Kernel(machine, Parts.TODAY, 1).process(1, "child").mm();
            UserfaultfdCtx child = new UserfaultfdCtx(new Userfaultfds(), machine, Parts.TODAY, new PhysicalMemory(machine), mm, 0);
            return new FaultQueues.Event(machine, UffdMsg.fork(0), Optional.of(child));
        }

        private static String read(Optional<FaultQueues.Message> msg) {
            return msg.map(message -> Integer.toHexString(message.msg().event()) + " at " + message.msg().address()
                    + message.fork().map(fork -> fork.complete() ? " told" : " too late").orElse("")).orElse("nothing");
        }
    }

    private static EveryOrder.World world(Machine machine, List<Deed> deeds) {
        FaultQueues queues = new FaultQueues(machine, "test", new ForkRead());
        TreeMap<Integer, String> seen = new TreeMap<>();
        List<Runnable> tasks = IntStream.range(0, deeds.size())
                .<Runnable>mapToObj(i -> () -> seen.put(i, deeds.get(i).run(machine, queues))).toList();
        return new EveryOrder.World(tasks, () -> seen + (queues.isEmpty() ? " " : " somebody is left "));
    }

    private static EveryOrder orders(Deed... deeds) {
        return new EveryOrder(machine -> world(machine, List.of(deeds)));
    }

    private static void compare(Deed... deeds) {
        EveryOrder all = orders(deeds).all();
        String which = List.of(deeds).toString();
        assertEquals(List.of(), all.wrong(), which);
        EveryOrder reduced = orders(deeds).reduced();
        assertEquals(all.results(), reduced.results(), which);
        assertTrue(reduced.executions() <= all.executions(), which);
    }

    @Test
    void twoAtATime() {
        for (Deed one : Deed.values()) {
            for (Deed other : Deed.values()) {
                compare(one, other);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Deed.class)
    void threeAtATime(Deed one) {
        for (Deed other : Deed.values()) {
            for (Deed third : Deed.values()) {
                if (one.compareTo(other) <= 0 && other.compareTo(third) <= 0) {
                    compare(one, other, third);
                }
            }
        }
    }

    /// Who looks and finds nothing, and who wakes nobody, is not worth a second order.
    @Test
    void whatChangesNothingIsTriedInOneOrder() {
        assertEquals(1, orders(Deed.READ, Deed.POLL, Deed.READ, Deed.WAKE).reduced().executions());
    }

    /// Who is told of a fork that was given up meanwhile hears of that.
    @Test
    void aForkIsGivenUpOrTold() {
        TreeSet<String> results = orders(Deed.FORK_IN_VAIN, Deed.READ).all().results();
        assertEquals(3, results.size(), results::toString);
        for (String wanted : List.of("{0=given up, 1=nothing}", "{0=given up, 1=13 at 0 too late}", "{0=told before, 1=13 at 0 told}")) {
            assertTrue(results.stream().anyMatch(result -> result.startsWith(wanted)), results::toString);
        }
    }
}
