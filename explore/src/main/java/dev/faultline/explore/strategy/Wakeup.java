package dev.faultline.explore.strategy;

import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import org.jspecify.annotations.Nullable;

/// A node of a wakeup tree: a step, or a choice of the environment right after one, that planned executions have in
/// common. Tasks and objects go by the names that they have in every execution.
final class Wakeup {
    /// The name of the task that takes the step; 0 for a choice.
    final long task;
    /// The number that the task has where this node was planned. If the task was there at the root of its tree, that
    /// is its number in all of it.
    final int taskHere;
    /// What the environment chooses, and among how many; 0 among 0 for a step.
    final int choice;
    final int alternatives;
    /// What the step touches, and how; the object's name is 0 where there is none.
    final Touch first;
    final Touch second;
    /// Whether it is not known that the step can be taken here.
    final boolean mayWait;
    /// The first of the nodes that follow this one.
    @Nullable Wakeup child;
    /// The next node that follows what this one follows.
    @Nullable Wakeup next;

    /// An access of a step.
    ///
    /// @param here the number that the object has where this was planned: most often it has it everywhere
    record Touch(long object, int here, int access, long mask) {
        static final Touch NOTHING = new Touch(0, 0, 0, 0);

        /// {@return the number that the object has in that machine, -1 if it is not there}
        int objectIn(Machine machine) {
            if (here < machine.objectCount() && machine.object(here).stableName() == object) {
                return here;
            }
            int number = machine.objectCount() - 1;
            while (number >= 0 && machine.object(number).stableName() != object) {
                number--;
            }
            return number;
        }

        boolean commutesWith(Touch other) {
            return object == 0 || object != other.object || (mask & other.mask) == 0
                    || !Access.dependent(access, other.access);
        }
    }

    private Wakeup(long task, int taskHere, int choice, int alternatives, Touch first, Touch second, boolean mayWait) {
        this.task = task;
        this.taskHere = taskHere;
        this.choice = choice;
        this.alternatives = alternatives;
        this.first = first;
        this.second = second;
        this.mayWait = mayWait;
    }

    static Wakeup step(long task, int taskHere, Touch first, Touch second, boolean mayWait) {
        return new Wakeup(task, taskHere, 0, 0, first, second, mayWait);
    }

    static Wakeup choice(int choice, int alternatives) {
        return new Wakeup(0, -1, choice, alternatives, Touch.NOTHING, Touch.NOTHING, false);
    }

    boolean commutesWith(Wakeup other) {
        return first.commutesWith(other.first) && first.commutesWith(other.second)
                && second.commutesWith(other.first) && second.commutesWith(other.second);
    }

    /// {@return the number that the task has in that machine, -1 if it is not there}
    int taskIn(Machine machine) {
        if (taskHere >= 0 && taskHere < machine.taskCount() && machine.task(taskHere).stableName() == task) {
            return taskHere;
        }
        int number = machine.taskCount() - 1;
        while (number >= 0 && machine.task(number).stableName() != task) {
            number--;
        }
        return number;
    }

    boolean isChoice() {
        return alternatives > 0;
    }

    /// {@return the subtree of the node in the list from `first` on that stands for this alternative}
    static @Nullable Wakeup ofChoice(@Nullable Wakeup first, int choice) {
        Wakeup node = first;
        while (node != null && (!node.isChoice() || node.choice != choice)) {
            node = node.next;
        }
        return node;
    }
}
