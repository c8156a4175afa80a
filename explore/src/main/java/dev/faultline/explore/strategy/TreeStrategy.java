package dev.faultline.explore.strategy;

import dev.faultline.machine.task.Machine;

/// What strategies share that go through the tree of executions depth first: each execution follows the
/// decisions up to the present place and goes on from there.
abstract class TreeStrategy implements Strategy {
    private final Decisions decisions = new Decisions();
    private int depth;
    private boolean redundant;

    /// {@return the decisions of the present execution}
    final Decisions decisions() {
        return decisions;
    }

    @Override
    public final void begin() {
        depth = 0;
        redundant = false;
    }

    /// A finding ends the execution for the task that makes it. What others would have done afterwards may race with
    /// what was done before, so a reduction has to see it.
    @Override
    public boolean goesOnAfterFinding() {
        return true;
    }

    @Override
    public boolean wasRedundant() {
        return redundant;
    }

    @Override
    public boolean isExhaustive() {
        return true;
    }

    @Override
    public double fractionDone() {
        return decisions.fractionBefore(0);
    }

    @Override
    public final int next(Machine machine) {
        if (depth < decisions.size()) {
            int task = decisions.chosen(depth);
            if (decisions.alternatives(depth) != 0 || !machine.task(task).isEnabled()) {
                throw notDeterministic(machine);
            }
            depth++;
            return task;
        }
        long enabled = enabled(machine);
        if (enabled == 0) {
            return NONE;
        }
        int task = decide(machine, enabled);
        if (task == ABANDON) {
            redundant = true;
            return ABANDON;
        }
        depth++;
        return task;
    }

    /// {@return the tasks that can take a step now}
    static long enabled(Machine machine) {
        long enabled = 0;
        for (int i = machine.taskCount() - 1; i >= 0; i--) {
            enabled = enabled << 1 | (machine.task(i).isEnabled() ? 1 : 0);
        }
        return enabled;
    }

    /// Decides at a new place, and adds the decision.
    ///
    /// @return the task, or [#ABANDON] if every continuation is shown elsewhere
    abstract int decide(Machine machine, long enabled);

    /// Is told of a new choice of the environment.
    void chosen(int d) {}

    @Override
    public final int choose(Machine machine, int alternatives) {
        if (depth == decisions.size()) {
            decisions.pushChoice(0, alternatives, machine.stepCount());
            chosen(depth);
        } else if (decisions.alternatives(depth) != alternatives) {
            throw notDeterministic(machine);
        }
        return decisions.chosen(depth++);
    }

    /// {@return the present task if it is among `candidates`, else the first of them}
    static int preferCurrent(Machine machine, long candidates) {
        int current = machine.currentId();
        boolean stays = current >= 0 && (candidates >> current & 1) != 0;
        return stays ? current : Long.numberOfTrailingZeros(candidates);
    }

    private static AssertionError notDeterministic(Machine machine) {
        return new AssertionError("the program is not deterministic: at step " + machine.stepCount()
                + " it does not do what it did before under the same schedule");
    }
}
