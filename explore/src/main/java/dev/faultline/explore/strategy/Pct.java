package dev.faultline.explore.strategy;

import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Trace;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// Probabilistic concurrency testing: S. Burckhardt, P. Kothari, M. Musuvathi, S. Nagarakatte, "A Randomized Scheduler
/// with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010. Tasks get priorities by lot, and the highest that can
/// run does; after d - 1 steps drawn by lot the task that took the step falls below all others. With n tasks and at
/// most k steps, a bug that d ordered pairs of steps suffice for is found with probability at least 1/(n·k^(d-1)) in
/// each execution.
///
/// Departures from the paper:
///
/// - k is not given but the length of the longest execution known; see [Sampling], also for what happens past it.
///   The guarantee counts only executions drawn since k was last found too small.
/// - Where the environment chooses, it does so by lot. A bug that needs certain choices is that much rarer: the
///   guarantee is divided by the greatest product of alternatives that an execution had.
public final class Pct extends Sampling {
    private final int depth;
    private final double[] priorities = new double[Long.SIZE];
    private final int[] changes;
    private int known;
    private int looked;
    private int tasks = 1;
    private double choices = 1;
    private long guaranteed;

    /// @param depth the number of ordered pairs of steps that the bugs sought need: d
    /// @throws IllegalArgumentException if that is less than 1
    public Pct(long seed, int depth) {
        super(seed);
        if (depth < 1) {
            throw new IllegalArgumentException("the depth must be at least 1, and is " + depth);
        }
        this.depth = depth;
        this.changes = new int[depth - 1];
    }

    @Override
    public String name() {
        return "pct";
    }

    @Override
    public void begin() {
        known = 0;
        looked = 0;
        if (longestKnown() > 0) {
            Arrays.setAll(changes, _ -> 1 + random().nextInt(longestKnown()));
        }
    }

    @Override
    int draw(Machine machine, long enabled) {
        for (; known < machine.taskCount(); known++) {
            priorities[known] = random().nextDouble();
        }
        for (; looked < machine.stepCount(); looked++) {
            lower(machine.trace().task(looked), looked + 1);
        }
        return highest(priorities, enabled);
    }

    /// Lets `task` fall if step number `step`, counted from 1, is one of those drawn: below every priority of the
    /// start, which are positive, and the lower the earlier it was drawn, as in the paper.
    private void lower(int task, int step) {
        for (int i = 0; i < changes.length; i++) {
            if (changes[i] == step) {
                priorities[task] = i - depth;
            }
        }
    }

    @Override
    void drew(Machine machine) {
        guaranteed = isOutgrown() ? 0 : guaranteed + 1;
        tasks = Math.max(tasks, machine.taskCount());
        choices = Math.max(choices, alternatives(machine.trace()));
    }

    private static double alternatives(Trace trace) {
        double product = 1;
        for (int c = 0; c < trace.choices(); c++) {
            product *= trace.choiceAlternatives(c);
        }
        return product;
    }

    /// {@return the least probability with which one execution finds a bug of the depth, as far as is known}
    public double probability() {
        return 1 / (tasks * Math.pow(Math.max(1, longestKnown()), depth - 1) * choices);
    }

    @Override
    public Optional<String> claim(boolean violated) {
        if (violated || guaranteed == 0) {
            return Optional.empty();
        }
        double together = -Math.expm1(guaranteed * Math.log1p(-probability()));
        String environment = choices > 1 ? String.format(Locale.ROOT, "·%.0f", choices) : "";
        return Optional.of(String.format(Locale.ROOT,
                "a bug of depth %d is found with probability at least 1/(%d·%d^%d%s) by each of %d executions, %.4g by all, "
                        + "if none takes more steps than those seen",
                depth, tasks, longestKnown(), depth - 1, environment, guaranteed, together));
    }
}
