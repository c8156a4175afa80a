package dev.faultline.kernel.fs.gfs2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.RandomOrder;
import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.fs.FileSystem;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.schedule.Outcome;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.task.Ending;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/// The cluster lock, claimed and given up by several tasks on several nodes in random orders.
class GlockTest {
    private static final LockState[] CLAIMS = {LockState.SHARED, LockState.DEFERRED, LockState.EXCLUSIVE};
    private static final int CLAIMS_A_TASK = 6;

    @Test
    void oneNodeGrantsOnlyWhatIsCompatibleAndForgetsNobody() {
        claimInManyOrders(1, 4);
    }

    @Test
    void twoNodesGrantOnlyWhatIsCompatibleAndForgetNobody() {
        claimInManyOrders(2, 4);
    }

    @Test
    void threeNodesGrantOnlyWhatIsCompatibleAndForgetNobody() {
        claimInManyOrders(3, 5);
    }

    private static void claimInManyOrders(int nodes, int tasks) {
        for (int seed = 0; seed < 400; seed++) {
            Claims program = new Claims(nodes, tasks, seed);
            Execution execution = Execution.start(program, new RandomOrder(seed), 100_000, null);
            execution.finish();
            assertEquals(Ending.DONE, execution.ending(), "seed " + seed);
            assertEquals(List.of(), execution.findings(), "seed " + seed);
        }
    }

    @Test
    void aTaskThatClaimsTwiceWaitsForItself() {
        Program twice = machine -> new Claims.ClaimingWorld(machine, 1, inodes -> List.of(() -> {
            Gfs2Inode inode = inodes.getFirst();
            inode.glock().nq(LockState.SHARED, inode);
            inode.glock().nq(LockState.SHARED, inode);
        }));
        Execution execution = Execution.start(twice, new RandomOrder(1), 1000, null);
        assertEquals(Ending.DEADLOCK, execution.ending());
        assertEquals(List.of(execution.machine().task(0)), execution.machine().task(0).object().holders());
    }

    @Test
    void aNodeKeepsWhatNobodyElseAsksFor() {
        Program again = machine -> new Claims.ClaimingWorld(machine, 2, inodes -> List.of(() -> {
            Gfs2Inode inode = inodes.getFirst();
            inode.glock().dq(inode.glock().nq(LockState.EXCLUSIVE, inode));
            int before = machine.stepCount();
            inode.glock().dq(inode.glock().nq(LockState.SHARED, inode));
            assertEquals(3, machine.stepCount() - before); // queued and granted; direct I/O looked for; given up
        }));
        Execution execution = Execution.start(again, new RandomOrder(1), 1000, null);
        assertEquals(Ending.DONE, execution.ending());
    }

    /// A request that nobody waits for is under way after its claim was given up: who comes next on the node waits for it, and
    /// so does the node before it gives the lock to another.
    @Test
    void nobodyHasTheGlockBesideDirectIoThatGoesOnWithoutIt() {
        for (int seed = 0; seed < 200; seed++) {
            int node = seed % 2;
            boolean[] flying = new boolean[1];
            Program besides = machine -> new Claims.ClaimingWorld(machine, 2, inodes -> List.of(() -> {
                Gfs2Inode inode = inodes.getFirst();
                GlockHolder holder = inode.glock().nq(LockState.DEFERRED, inode);
                inode.mapping().dioBegin();
                flying[0] = true;
                inode.glock().dq(holder);
                for (int i = 0; i < 20; i++) {
                    inode.mapping().iSize().read(); // others run meanwhile
                }
                flying[0] = false;
                inode.mapping().dioEnd();
            }, () -> {
                Gfs2Inode inode = inodes.get(node);
                GlockHolder holder = inode.glock().nq(node == 0 ? LockState.SHARED : LockState.EXCLUSIVE, inode);
                if (flying[0]) {
                    throw machine.finding(Kind.BUG, "granted beside direct I/O");
                }
                inode.glock().dq(holder);
            }));
            Execution execution = Execution.start(besides, new RandomOrder(seed), 10_000, null);
            execution.finish();
            assertEquals(Ending.DONE, execution.ending(), "seed " + seed);
        }
    }

    /// The commit that keeps faults out of buffered reads without the glock (52f3f033a5db) says that references to cached
    /// pages keep the glock on their node. Nothing on the way of the glock waits for references.
    @Test
    void aReferenceToACachedPageKeepsNoGlockOnItsNode() {
        Sandbox sandbox = Sandbox.gfs2(2).file("/mnt/f", 4096, 'a');
        AtomicReference<Optional<Folio>> held = new AtomicReference<>(Optional.empty());
        assertEquals(List.of(), sandbox.runTogether(1, () -> {
            Sandbox.Program reader = sandbox.program(1);
            reader.must("pread", reader.open("/mnt/f", 0), reader.anonymous(4096), 1, 0);
            held.set(((Gfs2) sandbox.mounted().getFirst()).inode("f").mapping().getFolio(0));
            assertTrue(held.get().isPresent());
        }, List.of(() -> {
            Sandbox.Program writer = sandbox.program(2);
            long memory = writer.anonymous(4096);
            writer.store(memory, 'b');
            assertEquals(1, writer.must("pwrite", writer.open("/mnt/f", 0), memory, 1, 0));
        }), () -> held.get().ifPresent(Folio::put)));
    }

    /// Tasks that claim one file's glock in random states, spread over the nodes.
    private record Claims(int nodes, int tasks, int seed) implements Program {
        @Override
        public World boot(Machine machine) {
            return new ClaimingWorld(machine, nodes, this::bodies);
        }

        private List<Runnable> bodies(List<Gfs2Inode> inodes) {
            List<LockState> granted = new ArrayList<>();
            List<Runnable> bodies = new ArrayList<>();
            for (int i = 0; i < tasks; i++) {
                Gfs2Inode inode = inodes.get(i % nodes);
                SplittableRandom random = new SplittableRandom(seed * 31L + i);
                bodies.add(() -> claims(inode, random, granted));
            }
            return bodies;
        }

        private static void claims(Gfs2Inode inode, SplittableRandom random, List<LockState> granted) {
            Machine machine = inode.node().machine();
            for (int i = 0; i < CLAIMS_A_TASK; i++) {
                LockState wanted = CLAIMS[random.nextInt(CLAIMS.length)];
                GlockHolder holder = inode.glock().nq(wanted, inode);
                if (!granted.stream().allMatch(wanted::isCompatibleWith)) {
                    throw machine.finding(Kind.BUG, wanted + " granted beside " + granted);
                }
                granted.add(wanted);
                inode.mapping().iSize().read(); // others run meanwhile
                granted.remove(wanted);
                inode.glock().dq(holder);
            }
        }

        /// Nodes with one file between them.
        private static final class ClaimingWorld implements World {
            private final Machine machine;
            private final List<FileSystem> mounted;
            private final Bodies bodies;

            /// Says what the tasks do, given the file as each node knows it.
            private interface Bodies {
                List<Runnable> of(List<Gfs2Inode> inodes);
            }

            ClaimingWorld(Machine machine, int nodes, Bodies bodies) {
                this.machine = machine;
                this.bodies = bodies;
                List<Node> booted = new ArrayList<>();
                for (int number = 1; number <= nodes; number++) {
                    booted.add(Node.boot(machine, number, Parts.TODAY));
                }
                this.mounted = Gfs2.mount(booted, "/mnt");
                mounted.getFirst().format("f", 4096, Optional.empty());
            }

            @Override
            public void setUp() {}

            @Override
            public void spawnTasks() {
                List<Gfs2Inode> inodes = mounted.stream().map(node -> ((Gfs2) node).inode("f")).toList();
                int number = 0;
                for (Runnable body : bodies.of(inodes)) {
                    machine.spawn("P" + number++, body);
                }
            }

            @Override
            public void finish() {
                for (FileSystem node : mounted) {
                    node.checkQuiescent().forEach(found -> machine.report(found.kind(), found.summary()));
                }
            }

            @Override
            public Outcome outcome() {
                return Outcome.NONE;
            }
        }
    }
}
