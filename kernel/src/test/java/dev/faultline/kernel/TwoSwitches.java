package dev.faultline.kernel;

import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Scheduler;
import java.util.function.Consumer;

/// Task 0 makes some steps, then task 1 some, then all run one after the other, the lowest first: for tests that try every
/// point at which one of two tasks can come between the other's steps.
public final class TwoSwitches implements Scheduler {
    private final int first;
    private final int second;
    private int firstDone;
    private int secondDone;
    private boolean switched;
    private boolean switchedBack;
    private int choice;

    private TwoSwitches(int first, int second) {
        this.first = first;
        this.second = second;
    }

    /// Tries all orders with one switch from task 0 to task 1, which then goes on until it has to wait.
    ///
    /// @param run runs two tasks in the order that it is given
    public static void once(Consumer<TwoSwitches> run) {
        once(0, Integer.MAX_VALUE, run);
    }

    /// Tries the orders with one switch from task 0 to task 1 after so many steps, which then goes on until it has to wait.
    ///
    /// @param least how many steps task 0 makes before, at least
    /// @param most  and at most
    /// @param run   runs two tasks in the order that it is given
    public static void once(int least, int most, Consumer<TwoSwitches> run) {
        boolean all = false;
        for (int first = least; first <= most && !all; first++) {
            TwoSwitches order = new TwoSwitches(first, Integer.MAX_VALUE);
            run.accept(order);
            all = order.firstDone < first;
        }
    }

    /// Tries all orders with one switch from task 0 to task 1, and one back, where task 0 makes at most `most` steps before.
    ///
    /// @param run runs two tasks in the order that it is given
    public static void twice(int most, Consumer<TwoSwitches> run) {
        boolean all = false;
        for (int first = 0; first <= most && !all; first++) {
            boolean allOfSecond = false;
            for (int second = 1; !allOfSecond && !all; second++) {
                TwoSwitches order = new TwoSwitches(first, second);
                run.accept(order);
                allOfSecond = order.secondDone < second;
                all = order.firstDone < first;
            }
        }
    }

    @Override
    public int next(Machine machine) {
        if (!switched && firstDone < first && machine.task(0).isEnabled()) {
            firstDone++;
            return 0;
        }
        switched = true;
        if (!switchedBack && secondDone < second && machine.task(1).isEnabled()) {
            secondDone++;
            return 1;
        }
        switchedBack = true;
        return machine.firstEnabled();
    }

    @Override
    public int choose(Machine machine, int alternatives) {
        return choice;
    }

    /// {@return this order, in which the environment always chooses that alternative, not the first one}
    public TwoSwitches choosing(int alternative) {
        choice = alternative;
        return this;
    }

    @Override
    public String toString() {
        return first + " steps of task 0, then " + second + " of task 1";
    }
}
