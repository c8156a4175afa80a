package dev.faultline.machine.schedule;

import dev.faultline.machine.task.Ending;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.LockWatch;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.NotModelled;
import dev.faultline.machine.task.Recorder;
import dev.faultline.machine.task.Scheduler;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One run of a program: set up, explored part, end.
///
/// The end of the explored part is what counts for an exploration; a set-up that does not end well means
/// that there is nothing to explore ([SetUpFailed]).
public final class Execution {
    private final Machine machine;
    private final Program.World world;
    private Ending ending = Ending.ABANDONED;
    private Ending finish = Ending.DONE;

    private Execution(Machine machine, Program.World world) {
        this.machine = machine;
        this.world = world;
    }

    /// Boots a world of `program` and runs its set-up and the part to explore.
    ///
    /// @param stepBound the number of steps after which a phase is cut off
    /// @throws SetUpFailed if the set-up does not run to its end
    /// @throws NotModelled if a task asks for what the model lacks
    public static Execution start(Program program, Scheduler scheduler, long stepBound, @Nullable Recorder recorder) {
        return start(program, scheduler, stepBound, recorder, LockWatch.NONE);
    }

    /// As above, with somebody who is told which locks are taken.
    ///
    /// @throws SetUpFailed if the set-up does not run to its end
    /// @throws NotModelled if a task asks for what the model lacks
    public static Execution start(
            Program program, Scheduler scheduler, long stepBound, @Nullable Recorder recorder, LockWatch lockWatch) {
        Machine machine = new Machine(stepBound, recorder, lockWatch);
        Program.World world = program.boot(machine);
        Ending setUp = refuse(machine, machine.runAlone("init", world::setUp));
        if (setUp != Ending.DONE) {
            throw new SetUpFailed(setUp, machine);
        }
        Execution execution = new Execution(machine, world);
        machine.startPhase();
        world.spawnTasks();
        execution.ending = refuse(machine, machine.run(scheduler));
        return execution;
    }

    private static Ending refuse(Machine machine, Ending ending) {
        if (ending == Ending.CRASH && machine.crash() instanceof NotModelled missing) {
            throw missing;
        }
        return ending;
    }

    /// Runs the end part of the program, if the explored part ran to its end. Afterwards [#outcome] holds
    /// and the findings are complete. The trace of the machine stays that of the explored part.
    ///
    /// @throws NotModelled if it asks for what the model lacks
    public void finish() {
        if (ending == Ending.DONE) {
            finish = refuse(machine, machine.runAlone("final", world::finish));
        }
    }

    /// {@return the machine, whose trace is that of the explored part}
    public Machine machine() {
        return machine;
    }

    /// {@return the world that ran}
    public Program.World world() {
        return world;
    }

    /// {@return how the explored part ended}
    public Ending ending() {
        return ending;
    }

    /// {@return what the execution came to, if the program ran to its end}
    public Optional<Outcome> outcome() {
        return ending == Ending.DONE && finish == Ending.DONE ? Optional.of(world.outcome()) : Optional.empty();
    }

    /// {@return everything that must not be: findings of the model, then the bad ending, if it is one}
    public List<Finding> findings() {
        Optional<Finding> bad = switch (ending) {
            case DEADLOCK -> Optional.of(new Finding(Kind.DEADLOCK, "some tasks wait for ever"));
            case LIVELOCK -> Optional.of(new Finding(Kind.LIVELOCK, "some tasks go round for ever"));
            case CRASH -> Optional.of(new Finding(Kind.BUG, "Faultline's model failed: " + machine.crash()));
            case DONE -> finishFinding();
            case FINDING, STEP_BOUND, ABANDONED, COVERED -> Optional.empty();
        };
        List<Finding> all = new ArrayList<>(machine.findings());
        bad.ifPresent(all::add);
        return all;
    }

    private Optional<Finding> finishFinding() {
        return switch (finish) {
            case DEADLOCK, COVERED -> Optional.of(new Finding(Kind.DEADLOCK, "the final part waits for ever"));
            case LIVELOCK -> Optional.of(new Finding(Kind.LIVELOCK, "the final part goes round for ever"));
            case CRASH -> Optional.of(new Finding(Kind.BUG, "Faultline's model failed: " + machine.crash()));
            case STEP_BOUND -> Optional.of(new Finding(Kind.BUG, "the final part did not end within the step bound"));
            case DONE, FINDING, ABANDONED -> Optional.empty();
        };
    }
}
