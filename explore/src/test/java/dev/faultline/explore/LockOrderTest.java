package dev.faultline.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.explore.strategy.Dpor;
import dev.faultline.explore.verdict.Inversion;
import dev.faultline.explore.verdict.LockOrder;
import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.schedule.Outcome;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.schedule.Replay;
import dev.faultline.machine.shared.BitLock;
import dev.faultline.machine.shared.Mutex;
import dev.faultline.machine.shared.RwSemaphore;
import dev.faultline.machine.task.Machine;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Orders of locks, and the circles among them.
class LockOrderTest {
    private static final String ABBA = "possible circular locking dependency: A → B → A";

    /// Two tasks, one after the other or not, over locks of a few classes.
    private static final class Locks {
        final Mutex a;
        final Mutex b;
        final Mutex c;
        final RwSemaphore read;
        final RwSemaphore other;
        final BitLock bit;
        final BitLock bit2;

        Locks(Machine machine) {
            a = new Mutex(machine, "A", "");
            b = new Mutex(machine, "B", "");
            c = new Mutex(machine, "C", "");
            read = new RwSemaphore(machine, "R", "one");
            other = new RwSemaphore(machine, "R", "two");
            bit = new BitLock(machine, "bit", "one");
            bit2 = new BitLock(machine, "bit", "two");
        }
    }

    private interface Body {
        void run(Locks locks);
    }

    private static Program program(Body setUp, List<Body> tasks, Body end) {
        return machine -> new Program.World() {
            private final Locks locks = new Locks(machine);

            @Override
            public void setUp() {
                setUp.run(locks);
            }

            @Override
            public void spawnTasks() {
                for (int i = 0; i < tasks.size(); i++) {
                    Body body = tasks.get(i);
                    machine.spawn("P" + i, () -> body.run(locks));
                }
            }

            @Override
            public void finish() {
                end.run(locks);
            }

            @Override
            public Outcome outcome() {
                return Outcome.NONE;
            }
        };
    }

    private static Exploration explore(Body... tasks) {
        return Explorer.explore(program(l -> { }, List.of(tasks), l -> { }), new Dpor(), ExploreOptions.DEFAULT);
    }

    private static List<String> summaries(Exploration exploration) {
        return exploration.inversions().stream().map(Inversion::summary).toList();
    }

    private static void nested(Mutex outer, Mutex inner) {
        outer.lock();
        inner.lock();
        inner.unlock();
        outer.unlock();
    }

    @Test
    void twoOrdersAreAnInversionBesideTheDeadlock() {
        Exploration exploration = explore(l -> nested(l.a, l.b), l -> nested(l.b, l.a));
        assertEquals(List.of(ABBA), summaries(exploration));
        assertEquals(1, exploration.violations().size());
    }

    @Test
    void twoOrdersThatNeverMeetAreAnInversionButNoViolation() {
        Exploration exploration = explore(l -> {
            nested(l.a, l.b);
            nested(l.b, l.a);
        });
        assertEquals(List.of(ABBA), summaries(exploration));
        assertEquals(List.of(), exploration.violations());
    }

    @Test
    void anOuterLockThatPreventsTheDeadlockDoesNotHideTheInversion() {
        Exploration exploration = explore(l -> {
            l.c.lock();
            nested(l.a, l.b);
            l.c.unlock();
        }, l -> {
            l.c.lock();
            nested(l.b, l.a);
            l.c.unlock();
        });
        assertEquals(List.of(ABBA), summaries(exploration));
        assertEquals(List.of(), exploration.violations());
    }

    @Test
    void oneOrderTakenTwiceIsNone() {
        assertEquals(List.of(), summaries(explore(l -> nested(l.a, l.b), l -> nested(l.a, l.b))));
    }

    @Test
    void aLockThatIsReleasedBeforeTheNextOneMakesNoOrder() {
        Body oneByOne = l -> {
            l.a.lock();
            l.a.unlock();
            l.b.lock();
            l.b.unlock();
        };
        assertEquals(List.of(), summaries(explore(oneByOne, l -> nested(l.b, l.a))));
    }

    @Test
    void threeOrdersGoRound() {
        Exploration exploration = explore(l -> nested(l.a, l.b), l -> nested(l.b, l.c), l -> nested(l.c, l.a));
        assertEquals(List.of("possible circular locking dependency: A → B → C → A"), summaries(exploration));
    }

    @Test
    void tryingWaitsForNobodyAndMakesNoOrder() {
        Exploration exploration = explore(l -> nested(l.a, l.b), l -> {
            l.b.lock();
            if (l.a.tryLock()) {
                l.a.unlock();
            }
            l.b.unlock();
        });
        assertEquals(List.of(), summaries(exploration));
    }

    @Test
    void whatIsTakenUnderALockThatWasTriedIsInOrder() {
        Exploration exploration = explore(l -> nested(l.a, l.b), l -> {
            if (l.b.tryLock()) {
                l.a.lock();
                l.a.unlock();
                l.b.unlock();
            }
        });
        assertEquals(List.of(ABBA), summaries(exploration));
    }

    @Test
    void sharersOfOneClassAreRecursiveUnlessNested() {
        Body plain = l -> {
            l.read.downRead();
            l.other.downRead();
            l.other.upRead();
            l.read.upRead();
        };
        assertEquals(List.of("possible recursive locking: R → R"), summaries(explore(plain)));
        Body nested = l -> {
            l.read.downRead();
            l.other.downReadNested(1);
            l.other.upRead();
            l.read.upRead();
        };
        assertEquals(List.of(), summaries(explore(nested, nested)));
    }

    @Test
    void nestedLocksHaveAnOrderOfTheirOwn() {
        Exploration exploration = explore(l -> {
            l.read.downWrite();
            l.other.downWriteNested(1);
            l.other.upWrite();
            l.read.upWrite();
        }, l -> {
            l.other.downWriteNested(1);
            l.read.downRead();
            l.read.upRead();
            l.other.upWrite();
        });
        assertEquals(List.of("possible circular locking dependency: R → R/1 → R"), summaries(exploration));
    }

    @Test
    void sharersAreInverted() {
        Exploration exploration = explore(l -> {
            l.read.downRead();
            l.a.lock();
            l.a.unlock();
            l.read.upRead();
        }, l -> {
            l.a.lock();
            l.read.downRead();
            l.read.upRead();
            l.a.unlock();
        });
        assertEquals(List.of("possible circular locking dependency: A → R → A"), summaries(exploration));
        LockOrder order = exploration.inversions().getFirst().orders().getFirst();
        assertEquals(List.of(false, true), List.of(order.heldShared(), order.wantedShared()));
    }

    @Test
    void aDowngradedLockKeepsItsSubclass() {
        Exploration exploration = explore(l -> {
            l.read.downWriteNested(1);
            l.read.downgradeWrite();
            l.a.lock();
            l.a.unlock();
            l.read.upRead();
        }, l -> {
            l.a.lock();
            l.read.downReadNested(1);
            l.read.upRead();
            l.a.unlock();
        });
        assertEquals(List.of("possible circular locking dependency: A → R/1 → A"), summaries(exploration));
    }

    @Test
    void waitingUntilABitIsClearIsLikeTakingIt() {
        Exploration exploration = explore(l -> {
            l.bit.lock();
            l.a.lock();
            l.a.unlock();
            l.bit.unlock();
        }, l -> {
            l.a.lock();
            l.bit.await();
            l.a.unlock();
        });
        assertEquals(List.of("possible circular locking dependency: A → bit → A"), summaries(exploration));
    }

    @Test
    void aBitThatIsHandedOverIsNotHeld() {
        Exploration exploration = explore(l -> {
            l.bit.lock();
            l.bit.handOver();
            l.bit2.lock();
            l.bit2.unlock();
        }, l -> {
            l.bit.await();
        }, l -> {
            l.bit.unlock();
        });
        assertEquals(List.of(), summaries(exploration));
    }

    @Test
    void setUpAndEndCount() {
        Program program = program(l -> nested(l.a, l.b), List.of(l -> nested(l.b, l.c)), l -> nested(l.c, l.a));
        Exploration round = Explorer.explore(program, new Dpor(), ExploreOptions.DEFAULT);
        assertEquals(List.of("possible circular locking dependency: A → B → C → A"), summaries(round));
        assertEquals(List.of("init", "P0", "final"),
                round.inversions().getFirst().orders().stream().map(LockOrder::task).toList());
    }

    @Test
    void aShorterCircleStandsForThoseThatContainIt() {
        Exploration exploration = explore(l -> nested(l.a, l.b), l -> nested(l.b, l.a), l -> nested(l.a, l.c),
                l -> nested(l.c, l.b));
        assertEquals(List.of(ABBA), summaries(exploration));
    }

    @Test
    void manyClassesFit() {
        Program program = machine -> new Program.World() {
            private final Mutex[] locks = new Mutex[70];

            @Override
            public void setUp() {
                for (int i = 0; i < locks.length; i++) {
                    locks[i] = new Mutex(machine, "lock " + i, "");
                }
            }

            @Override
            public void spawnTasks() {
                machine.spawn("P0", () -> {
                    for (int i = 0; i < locks.length; i++) {
                        nested(locks[i], locks[(i + 1) % locks.length]);
                    }
                });
            }

            @Override
            public void finish() {}

            @Override
            public Outcome outcome() {
                return Outcome.NONE;
            }
        };
        Exploration exploration = Explorer.explore(program, new Dpor(), ExploreOptions.DEFAULT);
        assertEquals(70, exploration.inversions().getFirst().orders().size());
        assertEquals(1, exploration.inversions().size());
    }

    /// P1 takes B before A only if P0 was faster, which no task that runs ahead of all others shows.
    @Test
    void theWayToAnOrderIsReplayable() {
        Body first = l -> {
            nested(l.a, l.b);
            l.bit.lock();
            l.a.lock();
            l.a.unlock();
            l.bit.unlock();
        };
        Body second = l -> {
            l.c.lock();
            if (!l.bit.tryLock()) {
                nested(l.b, l.a);
            } else {
                l.bit.unlock();
            }
            l.c.unlock();
        };
        Program program = program(l -> { }, List.of(first, second), l -> { });
        Exploration exploration = Explorer.explore(program, new Dpor(), ExploreOptions.DEFAULT);
        assertTrue(summaries(exploration).contains(ABBA), summaries(exploration).toString());
        for (Inversion inversion : exploration.inversions()) {
            for (LockOrder order : inversion.orders()) {
                assertTrue(shows(program, order), order.toString());
            }
        }
    }

    /// {@return whether the schedule of an order leads there, with not a step more}
    private static boolean shows(Program program, LockOrder sought) {
        boolean[] shown = new boolean[1];
        Execution execution = Execution.start(program, new Replay(sought.schedule()), 1_000, null, (machine, lock, mode) ->
                shown[0] |= machine.exploredTrace().length() <= sought.schedule().steps()
                        && machine.current().name().equals(sought.task())
                        && mode.className(lock.what()).equals(sought.wanted())
                        && machine.current().held().stream().anyMatch(hold ->
                                hold.mode().className(hold.lock().what()).equals(sought.held())));
        execution.finish();
        return shown[0];
    }

    @Test
    void everyOrderOfRandomProgramsIsReplayable() {
        int orders = 0;
        for (long seed = 1; seed <= 400; seed++) {
            Program program = new RandomProgram(seed, false);
            Exploration exploration = Explorer.explore(program, new Dpor(),
                    ExploreOptions.DEFAULT.withStepBound(400).withExecutionLimit(300).withMinimiseBudget(0));
            for (Inversion inversion : exploration.inversions()) {
                for (LockOrder order : inversion.orders()) {
                    assertTrue(shows(program, order), "seed " + seed + ": " + order);
                    orders++;
                }
            }
        }
        assertTrue(orders > 50, orders + " orders");
    }

    @Test
    void severalThreadsFindTheSame() {
        Program program = program(l -> { }, List.of(l -> nested(l.a, l.b), l -> nested(l.b, l.c), l -> nested(l.c, l.a)),
                l -> { });
        Exploration alone = Explorer.explore(program, new Dpor(), ExploreOptions.DEFAULT);
        Exploration together = Explorer.explore(program, new Dpor(), ExploreOptions.DEFAULT.withThreads(3));
        assertEquals(alone.inversions(), together.inversions());
        assertEquals(1, alone.inversions().size());
    }

    @Test
    void anInterruptedExplorationKeepsTheOrders() {
        Program program = program(l -> nested(l.a, l.b), List.of(l -> nested(l.b, l.c), l -> nested(l.c, l.a)), l -> { });
        List<String> kept = new ArrayList<>();
        Explorer.explore(program, new Dpor(), ExploreOptions.DEFAULT.withExecutionLimit(1).withSaver(new Saver() {
            @Override
            public String program() {
                return "test";
            }

            @Override
            public boolean isDue() {
                return false;
            }

            @Override
            public void save(Checkpoint checkpoint) {
                kept.add(checkpoint.text());
            }
        }));
        List<LockOrder> orders = Checkpoint.parse(kept.getLast()).lockOrders();
        assertEquals(List.of("A B", "B C", "C A"),
                orders.stream().map(order -> order.held() + " " + order.wanted()).toList());
        assertEquals("init", orders.getFirst().task());
    }
}
