package dev.faultline.explore;

import dev.faultline.explore.verdict.Inversion;
import dev.faultline.explore.verdict.LockOrder;
import dev.faultline.explore.verdict.LockOrders;
import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Scheduler;
import java.util.ArrayList;
import java.util.List;

/// Finds inversions in what an exploration saw, and a plain way to each order that is part of one.
final class Inversions {
    private Inversions() {}

    /// {@return the inversions among `seen`} Where an order shows when one task runs ahead of all others, the way
    /// there is that execution, whichever showed it first; so reports do not vary with the number of threads.
    static List<Inversion> of(Program program, LockOrders seen, long stepBound) {
        List<Inversion> inversions = Inversion.among(seen.all());
        if (inversions.isEmpty()) {
            return inversions;
        }
        List<LockOrder> plain = plain(program, stepBound).all();
        return inversions.stream()
                .map(inversion -> new Inversion(inversion.orders().stream()
                        .map(order -> plain.stream().filter(order::isSameAs).findFirst().orElse(order)).toList()))
                .toList();
    }

    /// {@return the orders that show in executions in which one task runs whenever it can}
    private static LockOrders plain(Program program, long stepBound) {
        LockOrders orders = new LockOrders();
        int tasks = 1;
        for (int first = 0; first < tasks; first++) {
            Execution execution = Execution.start(program, ahead(first), stepBound, null, orders);
            tasks = execution.machine().taskCount();
            execution.finish();
        }
        return orders;
    }

    private static Scheduler ahead(int first) {
        return new Scheduler() {
            @Override
            public int next(Machine machine) {
                return first < machine.taskCount() && machine.task(first).isEnabled() ? first : machine.firstEnabled();
            }

            @Override
            public int choose(Machine machine, int alternatives) {
                return 0;
            }
        };
    }
}
