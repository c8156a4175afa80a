package dev.faultline.machine.task;

/// What runs next. Asked by the running task itself, so that going on with the same task costs no switch.
public interface Scheduler {
    /// Ends the execution here: what follows is known already, or not wanted.
    int ABANDON = -1;

    /// Nothing is enabled.
    int NONE = -2;

    /// Runs the current task as long as it is enabled, else the enabled one with the lowest number; the
    /// environment's choice is always 0. For parts of an execution that are not explored.
    Scheduler SEQUENTIAL = new Scheduler() {
        @Override
        public int next(Machine machine) {
            int current = machine.currentId();
            return current >= 0 && machine.task(current).isEnabled() ? current : machine.firstEnabled();
        }

        @Override
        public int choose(Machine machine, int alternatives) {
            return 0;
        }
    };

    /// Every task that is not done has announced its pending step.
    ///
    /// @return the number of an enabled task, [#NONE] if there is none, or [#ABANDON]
    int next(Machine machine);

    /// {@return whether the tasks go on that did not find what ends the execution, so that what they would have done
    /// is known too; until [Machine#dropAftermath] the trace then has their steps}
    default boolean goesOnAfterFinding() {
        return false;
    }

    /// {@return the environment's decision among `alternatives` ≥ 2: 0 to `alternatives` - 1}
    int choose(Machine machine, int alternatives);
}
