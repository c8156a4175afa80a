package dev.faultline.kernel;

import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Scheduler;
import dev.faultline.machine.task.Task;
import java.util.TreeSet;

/// Two tasks take turns of so many steps each, the first one first; then each goes on as far as it can. A turn ends early if
/// its task cannot go on.
public final class Turns implements Scheduler {
    /// More steps than a task takes in a test without going round in circles.
    private static final int MANY = 2_000;

    private final int[] steps;
    private int turn;
    private int taken;
    private int inARow;
    private int last = -1;
    private final TreeSet<String> restless = new TreeSet<>();

    /// The order in which P0 takes the first number of steps, then P1 the second one, and so on.
    public Turns(int... steps) {
        this.steps = steps.clone();
    }

    /// {@return the tasks that went round and round where they had to wait for others}
    public TreeSet<String> restless() {
        return restless;
    }

    @Override
    public int next(Machine machine) {
        for (int tried = 0; tried < 2; ) {
            int id = turn % 2;
            boolean more = turn >= steps.length || taken < steps[turn];
            if (more && machine.task(id).isEnabled() && inARow < MANY) {
                taken++;
                return chosen(machine, id);
            }
            tried = turn >= steps.length ? tried + 1 : 0;
            turn++;
            taken = 0;
        }
        int any = machine.firstEnabled();
        return any < 0 ? NONE : chosen(machine, any);
    }

    private int chosen(Machine machine, int id) {
        for (int i = 0; i < machine.taskCount(); i++) {
            Task task = machine.task(i);
            if (!task.isDone() && task.isParked()) {
                restless.add(task + " at " + task.retrySite());
            }
        }
        inARow = id == last ? inARow + 1 : 1;
        last = id;
        if (inARow == MANY) {
            restless.add(machine.task(id) + " at " + machine.task(id).retrySite());
        }
        return id;
    }

    @Override
    public int choose(Machine machine, int alternatives) {
        return 0;
    }
}
