package dev.faultline.kernel;

import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Ending;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Scheduler;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/// Runs a small program in every order of its steps, or in those that are left where steps commute that say so; and tries
/// whether they do.
public final class EveryOrder {
    private static final int MOST_STEPS = 100;
    private static final int MOST_EXECUTIONS = 20_000;

    private final Function<Machine, World> program;
    private final TreeSet<String> results = new TreeSet<>();
    private final TreeSet<String> tried = new TreeSet<>();
    private final List<String> wrong = new ArrayList<>();
    private int executions;

    /// A program at its start.
    ///
    /// @param tasks what runs
    /// @param seen  what came of it so far
    public record World(List<Runnable> tasks, Supplier<String> seen) {}

    /// What there is to know of a program.
    ///
    /// @param program makes its shared objects anew on each machine
    public EveryOrder(Function<Machine, World> program) {
        this.program = program;
    }

    /// {@return what came of all orders}
    public TreeSet<String> results() {
        return results;
    }

    /// {@return how many orders were run}
    public int executions() {
        return executions;
    }

    /// {@return the steps that say that they commute, and do not}
    public List<String> wrong() {
        return wrong;
    }

    /// Runs every order, and tries each two steps wherever both are next.
    public EveryOrder all() {
        search(List.of(), List.of(), false);
        return this;
    }

    /// Runs one of the orders that differ only in steps that say that they commute: a search with sleep sets.
    public EveryOrder reduced() {
        search(List.of(), List.of(), true);
        return this;
    }

    private void search(List<Integer> taken, List<Integer> asleep, boolean reduces) {
        Place here = new Place(taken);
        if (here.enabled().isEmpty()) {
            if (++executions > MOST_EXECUTIONS) {
                throw new AssertionError("the program has too many orders");
            }
            results.add(here.toString());
        }
        if (!reduces && tried.add(here.toString() + here.machine.stateKey())) {
            tryAll(taken, here);
        }
        List<Integer> sleeping = new ArrayList<>(asleep);
        for (int task : here.enabled()) {
            if (!sleeping.contains(task)) {
                search(with(taken, task), sleeping.stream().filter(other -> !here.dependent(task, other)).toList(), reduces);
                if (reduces) {
                    sleeping.add(task);
                }
            }
        }
    }

    private void tryAll(List<Integer> taken, Place here) {
        for (int one : here.enabled()) {
            for (int other = 0; other < here.machine.taskCount(); other++) {
                if (one != other && !here.dependent(one, other)) {
                    tryBoth(taken, here, one, other);
                }
            }
        }
    }

    /// The step of one task leaves that of the other as it was; and what they come to does not depend on who was first.
    private void tryBoth(List<Integer> taken, Place here, int one, int other) {
        Place after = new Place(with(taken, one));
        boolean same = here.step(other).equals(after.step(other));
        if (same && one < other && here.enabled().contains(other)) {
            same = new Place(with(with(taken, one), other)).same(new Place(with(with(taken, other), one)));
        }
        if (!same) {
            wrong.add(taken + ": " + here.step(one) + ", " + here.step(other));
        }
    }

    private static List<Integer> with(List<Integer> taken, int task) {
        return IntStream.concat(taken.stream().mapToInt(Integer::intValue), IntStream.of(task)).boxed().toList();
    }

    /// Where the program stands after some steps.
    private final class Place implements Scheduler {
        private final Machine machine = new Machine(MOST_STEPS, null);
        private final List<Integer> given;
        private final World world;
        private int next;

        Place(List<Integer> given) {
            this.given = given;
            this.world = program.apply(machine);
            machine.startPhase();
            for (int i = 0; i < world.tasks().size(); i++) {
                machine.spawn("P" + i, world.tasks().get(i));
            }
            Ending ending = machine.run(this);
            if (ending != Ending.ABANDONED || machine.stepCount() != given.size()) {
                throw new AssertionError(given + " ended with " + ending);
            }
            for (int i = 0; i < machine.taskCount(); i++) {
                machine.task(i).refreshPending();
            }
        }

        @Override
        public int next(Machine asks) {
            return next < given.size() ? given.get(next++) : ABANDON;
        }

        @Override
        public int choose(Machine asks, int alternatives) {
            return 0;
        }

        List<Integer> enabled() {
            return IntStream.range(0, machine.taskCount()).filter(i -> machine.task(i).isEnabled()).boxed().toList();
        }

        boolean dependent(int one, int other) {
            Task a = machine.task(one);
            Task b = machine.task(other);
            return a.isDone() || b.isDone()
                    || meet(a.objectIndex(), a.access(), a.mask(), b.objectIndex(), b.access(), b.mask())
                    || meet(a.objectIndex(), a.access(), a.mask(), b.objectIndex2(), b.access2(), b.mask2())
                    || meet(a.objectIndex2(), a.access2(), a.mask2(), b.objectIndex(), b.access(), b.mask())
                    || meet(a.objectIndex2(), a.access2(), a.mask2(), b.objectIndex2(), b.access2(), b.mask2());
        }

        private static boolean meet(int objectA, Access a, long maskA, int objectB, Access b, long maskB) {
            return objectA >= 0 && objectA == objectB && (maskA & maskB) != 0 && Access.dependent(a.ordinal(), b.ordinal());
        }

        /// {@return the next step of a task, and what it says of itself}
        String step(int id) {
            Task task = machine.task(id);
            if (task.isDone()) {
                return task + " is done";
            }
            return task + (task.isEnabled() ? ": " : " waits: ") + touch(task.objectIndex(), task.access(), task.mask())
                    + touch(task.objectIndex2(), task.access2(), task.mask2());
        }

        private String touch(int index, Access access, long mask) {
            return index < 0 ? "" : access + " of " + machine.object(index) + "/" + mask + " ";
        }

        boolean same(Place other) {
            return toString().equals(other.toString()) && machine.stateKey().equals(other.machine.stateKey());
        }

        @Override
        public String toString() {
            return world.seen().get() + IntStream.range(0, machine.taskCount()).mapToObj(this::step).toList();
        }
    }
}
