package dev.faultline.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.schedule.Schedule;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Scheduler;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// What the dependence relation calls independent commutes: two such steps, taken in both orders from the same
/// state, lead to the same state. The relation is all that a reduction believes, so it is tried by itself.
class CommutationTest {
    private static final int PROGRAMS = Integer.getInteger("faultline.programs", 4_000);
    private static final long SEED = Long.getLong("faultline.seed", 1);
    private static final int PLACES = 4;

    @Test
    void independentStepsCommute() {
        long pairs = 0;
        for (long seed = SEED; seed < SEED + PROGRAMS; seed++) {
            RandomProgram program = new RandomProgram(seed, false);
            SplittableRandom random = new SplittableRandom(seed);
            for (int place = 0; place < PLACES; place++) {
                pairs += compare(program, new Walk(List.of(), random.nextInt(8), random), "seed " + seed + ": " + program);
            }
        }
        assertTrue(pairs > PROGRAMS, "too few pairs met: " + pairs);
    }

    /// {@return how many pairs of steps were tried at the end of the walk}
    private static int compare(Program program, Walk walk, String which) {
        Machine machine = walked(program, walk);
        List<int[]> pairs = independentPairs(machine);
        for (int[] pair : pairs) {
            String one = after(program, walk.taken, pair[0], pair[1]);
            String other = after(program, walk.taken, pair[1], pair[0]);
            assertEquals(one, other, () -> which + " after " + Schedule.of(machine.trace()) + ": " + described(machine, pair));
        }
        return pairs.size();
    }

    private static Machine walked(Program program, Walk walk) {
        return Execution.start(program, walk, 400, null).machine();
    }

    private static List<int[]> independentPairs(Machine machine) {
        List<int[]> pairs = new ArrayList<>();
        for (int a = 0; a < machine.taskCount(); a++) {
            for (int b = a + 1; b < machine.taskCount(); b++) {
                Task one = machine.task(a);
                Task other = machine.task(b);
                if (one.isEnabled() && other.isEnabled() && !dependent(one, other)) {
                    pairs.add(new int[] {a, b});
                }
            }
        }
        return pairs;
    }

    private static boolean dependent(Task a, Task b) {
        a.refreshPending();
        b.refreshPending();
        return touch(a.objectIndex(), a.access(), a.mask(), b.objectIndex(), b.access(), b.mask())
                || touch(a.objectIndex(), a.access(), a.mask(), b.objectIndex2(), b.access2(), b.mask2())
                || touch(a.objectIndex2(), a.access2(), a.mask2(), b.objectIndex(), b.access(), b.mask())
                || touch(a.objectIndex2(), a.access2(), a.mask2(), b.objectIndex2(), b.access2(), b.mask2());
    }

    private static boolean touch(int objectA, Access a, long maskA, int objectB, Access b, long maskB) {
        return objectA >= 0 && objectA == objectB && (maskA & maskB) != 0 && Access.dependent(a.ordinal(), b.ordinal());
    }

    /// {@return the state after the steps of `taken` and those two: the key, and who could run; by name, as tasks
    /// made on the way have other numbers}
    private static String after(Program program, List<Integer> taken, int first, int second) {
        List<Integer> steps = new ArrayList<>(taken);
        steps.add(first);
        steps.add(second);
        Walk walk = new Walk(steps, 0, new SplittableRandom(0));
        Machine machine = walked(program, walk);
        TreeSet<String> enabled = new TreeSet<>();
        for (int i = 0; i < machine.taskCount(); i++) {
            Task task = machine.task(i);
            if (task.isEnabled()) {
                task.refreshPending();
                enabled.add(task + " " + task.access() + " " + task.access2());
            }
        }
        return (walk.taken.equals(steps) ? "" : "one disables the other, ") + enabled + machine.stateKey()
                + machine.findings().stream().map(Object::toString).sorted().toList();
    }

    private static String described(Machine machine, int[] pair) {
        return List.of(pair[0], pair[1]).stream()
                .map(id -> machine.task(id) + " " + machine.task(id).access() + " " + machine.task(id).object())
                .toList().toString();
    }

    /// Takes given steps, then random ones, and stops there. A choice depends only on who makes it and when, not
    /// on what others did before.
    private static final class Walk implements Scheduler {
        private final List<Integer> given;
        private final int more;
        private final SplittableRandom random;
        private final List<Integer> taken = new ArrayList<>();

        Walk(List<Integer> given, int more, SplittableRandom random) {
            this.given = given;
            this.more = more;
            this.random = random;
        }

        @Override
        public int next(Machine machine) {
            int place = taken.size();
            List<Integer> enabled = new ArrayList<>();
            for (int i = 0; i < machine.taskCount(); i++) {
                if (machine.task(i).isEnabled()) {
                    enabled.add(i);
                }
            }
            boolean end = place >= given.size() + more || enabled.isEmpty();
            if (end || place < given.size() && !enabled.contains(given.get(place))) {
                return enabled.isEmpty() ? NONE : ABANDON;
            }
            taken.add(place < given.size() ? given.get(place) : enabled.get(random.nextInt(enabled.size())));
            return taken.getLast();
        }

        @Override
        public boolean goesOnAfterFinding() {
            return true;
        }

        @Override
        public int choose(Machine machine, int alternatives) {
            int mine = machine.current().id();
            long steps = taken.stream().filter(task -> task == mine).count();
            return (int) ((machine.current().name().hashCode() + steps & 0xff) % alternatives);
        }
    }
}
