package dev.faultline.explore.verdict;

import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Kind;
import java.util.ArrayList;
import java.util.List;

/// Says what is wrong with an execution, in words that are the same whichever schedule shows it.
public final class Judge {
    private Judge() {}

    /// {@return what the way in which the explored part ended shows, as the machine stands right then}
    public static List<Finding> ending(Execution execution) {
        return switch (execution.ending()) {
            case DEADLOCK -> List.of(new Finding(Kind.DEADLOCK, Deadlock.of(execution.machine()).summary()));
            case LIVELOCK -> List.of(new Finding(Kind.LIVELOCK, Livelock.of(execution.machine()).summary()));
            case DONE, FINDING, CRASH, STEP_BOUND, ABANDONED, COVERED -> List.of();
        };
    }

    /// {@return everything that is wrong: what `ending` said, and what the execution found itself, its end
    /// part included}
    public static List<Finding> all(List<Finding> ending, Execution execution) {
        List<Finding> all = new ArrayList<>(ending);
        for (Finding finding : execution.findings()) {
            boolean explained = !ending.isEmpty() && finding.kind() == ending.getFirst().kind();
            if (!explained && !all.contains(finding)) {
                all.add(finding);
            }
        }
        return all;
    }
}
