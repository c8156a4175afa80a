package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.RetryLoop;
import dev.faultline.machine.task.SharedObject;
import java.util.ArrayList;
import java.util.List;

/// What a machine does that has but so many page frames: mm/page_alloc.c, mm/oom_kill.c. Who asks for one that is not
/// there takes pages out of memory itself; where that does not help, the process that asks is killed, and has its page
/// all the same, so that it can come to its end.
///
/// Left out: kswapd, which would have begun earlier (`adversary reclaim` does what it does); choosing whom to kill;
/// allocations that may fail.
public final class FrameLimit extends SharedObject {
    private final int frames;
    private final Reclaimer reclaimer;
    private int used;
    private final List<Mm> killed = new ArrayList<>(1);
    private final List<Sleeper> sleepers = new ArrayList<>(1);

    /// Somebody who sleeps until woken, or until the process is killed (`TASK_KILLABLE`).
    private record Sleeper(Mm mm, Runnable wake) {}

    /// Takes pages out of memory.
    @FunctionalInterface
    public interface Reclaimer {
        /// {@return whether at least one frame is free now that was not before}
        boolean tryToFreePages();
    }

    FrameLimit(Machine machine, int frames, int used, Reclaimer reclaimer) {
        super(machine, "free frames", "");
        this.frames = frames;
        this.used = used;
        this.reclaimer = reclaimer;
    }

    /// Takes a frame. Several steps; takes and drops locks that a page is taken out of memory with, without waiting for
    /// that of a folio.
    @Models(file = "mm/page_alloc.c", symbol = "__alloc_pages_slowpath")
    void take() {
        RetryLoop loop = machine().retryLoop("__alloc_pages_slowpath");
        machine().step(this, Access.WRITE, -1);
        while (used >= frames && !isKilledNow()) {
            if (!reclaimer.tryToFreePages()) {
                oomKill();
            }
            loop.again();
            machine().step(this, Access.WRITE, -1);
        }
        used++;
        changed();
    }

    /// A frame is free again. One step.
    void give() {
        machine().step(this, Access.WRITE, -1);
        used--;
        changed();
    }

    @Models(file = "mm/oom_kill.c", symbol = "out_of_memory")
    private void oomKill() {
        machine().step(this, Access.WRITE, -1);
        TaskStruct.current(machine()).mm().ifPresent(killed::add);
        List<Sleeper> woken = sleepers.stream().filter(sleeper -> killed.contains(sleeper.mm)).toList();
        sleepers.removeAll(woken);
        changed();
        woken.forEach(sleeper -> sleeper.wake.run()); // signal_wake_up
    }

    /// Has `wake` run, by whoever kills the process of the running thread, if that happens before [#awake]. One step.
    ///
    /// @return whether it was killed before (`fatal_signal_pending`)
    boolean sleepKillably(Runnable wake) {
        machine().step(this, Access.WRITE, -1);
        boolean now = isKilledNow();
        machine().current().learn(now ? 1 : 0);
        if (!now) {
            TaskStruct.current(machine()).mm().ifPresent(mm -> sleepers.add(new Sleeper(mm, wake)));
            changed();
        }
        return now;
    }

    /// One step.
    void awake(Runnable wake) {
        machine().step(this, Access.WRITE, -1);
        sleepers.removeIf(sleeper -> sleeper.wake == wake);
        changed();
    }

    private boolean isKilledNow() {
        return TaskStruct.current(machine()).mm().filter(killed::contains).isPresent();
    }

    /// {@return whether the running thread is to be killed before it goes on in user mode} One step.
    boolean kills() {
        machine().step(this, Access.READ, -1);
        boolean now = isKilledNow();
        machine().current().learn(now ? 1 : 0);
        return now;
    }

    @Override
    protected long stateHash() {
        return Digest.mix(used, killed.size() + 1000L * sleepers.size());
    }
}
