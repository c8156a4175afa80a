package dev.faultline.explore.strategy;

import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Scheduler;
import java.util.Optional;

/// A way to go through the executions of a program: orders the steps of one, then plans the next.
public interface Strategy extends Scheduler {
    /// {@return the word for it, as options and reports use it}
    String name();

    /// {@return what the random decisions are made from; 0 if there are none}
    default long seed() {
        return 0;
    }

    /// Called before the first execution, and again whenever none is planned. May wait for explorers that go through
    /// the same tree.
    ///
    /// @param first whether it is the first time
    /// @return whether there is an execution to run
    default boolean next(boolean first) {
        return first;
    }

    /// Called before each execution.
    void begin();

    /// Called after each execution, with its machine as the explored part left it. Plans the next one.
    ///
    /// @return whether there is one
    boolean plan(Machine machine);

    /// {@return whether the last execution was given up because others show the same}
    boolean wasRedundant();

    /// {@return whether going through to the end covers every execution}
    boolean isExhaustive();

    /// {@return the part of the whole that is done, by what is known so far: 0 to 1}
    double fractionDone();

    /// {@return what is certain by now short of having covered everything, in words for the user}
    ///
    /// @param violated whether something was found
    default Optional<String> claim(boolean violated) {
        return Optional.empty();
    }
}
