package dev.faultline.kernel;

import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Scheduler;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// Lets any enabled task run next, each as likely as the others.
public final class RandomOrder implements Scheduler {
    private final SplittableRandom random;

    /// The order that belongs to a seed.
    public RandomOrder(long seed) {
        this.random = new SplittableRandom(seed);
    }

    @Override
    public int next(Machine machine) {
        List<Integer> enabled = new ArrayList<>();
        for (int i = 0; i < machine.taskCount(); i++) {
            if (machine.task(i).isEnabled()) {
                enabled.add(i);
            }
        }
        return enabled.isEmpty() ? NONE : enabled.get(random.nextInt(enabled.size()));
    }

    @Override
    public int choose(Machine machine, int alternatives) {
        return random.nextInt(alternatives);
    }
}
