package dev.faultline.kernel.mm;

import dev.faultline.machine.task.Machine;
import java.util.Optional;

/// What the kernel knows about a thread (`struct task_struct`), as far as memory goes.
public final class TaskStruct {
    /// How many pages a thread may dirty before it is throttled (`nr_dirtied_pause` of a new thread).
    private static final int NR_DIRTIED_PAUSE = 32;

    private final Optional<Mm> mm;
    private final long processor;
    private int pagefaultDisabled;
    private int nrDirtied;
    private long tagControl;
    private Optional<Signal> pending = Optional.empty();

    /// A thread of a process that runs alone, so that nobody can tell what its processor's TLB holds.
    public TaskStruct(Mm mm) {
        this.mm = Optional.of(mm);
        this.processor = 0;
    }

    /// A thread of a process, on a processor from 0 to 63.
    public TaskStruct(Mm mm, int processor) {
        this.mm = Optional.of(mm);
        this.processor = 1L << processor;
    }

    /// A kernel thread, without memory of its own.
    public TaskStruct() {
        this.mm = Optional.empty();
        this.processor = 0;
    }

    /// {@return the thread that runs now}
    ///
    /// @throws IllegalStateException if the running task was given none
    public static TaskStruct current(Machine machine) {
        return machine.current().context(TaskStruct.class);
    }

    /// {@return whether the thread runs while nothing else does: before the threads of a program, or behind them}
    public boolean isAlone() {
        return processor == 0;
    }

    /// {@return the bit of the processor that the thread runs on; 0 if its TLB is of no interest}
    long processor() {
        return processor;
    }

    /// {@return the thread's address space; empty for kernel threads}
    public Optional<Mm> mm() {
        return mm;
    }

    /// {@return what the thread has asked for about tags (`PR_SET_TAGGED_ADDR_CTRL`)}
    public long tagControl() {
        return tagControl;
    }

    /// Changes what the thread asks for about tags.
    public void setTagControl(long control) {
        tagControl = control;
    }

    /// Sends the thread a signal, which it gets when it leaves the kernel (`send_sig`).
    public void send(Signal signal) {
        pending = Optional.of(signal);
    }

    /// {@return the signal that the thread has been sent and not got yet} It gets it now.
    public Optional<Signal> takePending() {
        Optional<Signal> signal = pending;
        pending = Optional.empty();
        return signal;
    }

    /// From here on page faults of kernel-mode accesses to user memory are not handled; the access returns short.
    public void pagefaultDisable() {
        pagefaultDisabled++;
    }

    /// Ends what [#pagefaultDisable] started.
    public void pagefaultEnable() {
        if (pagefaultDisabled == 0) {
            throw new IllegalStateException("page faults are not disabled");
        }
        pagefaultDisabled--;
    }

    /// Counts a page that a write of the thread has dirtied; the count starts anew where the thread would be
    /// throttled.
    public void dirtied() {
        nrDirtied = nrDirtied + 1 < NR_DIRTIED_PAUSE ? nrDirtied + 1 : 0;
    }

    /// {@return how many pages the thread may still dirty before it is throttled}
    public int dirtyPagesLeft() {
        return NR_DIRTIED_PAUSE - nrDirtied;
    }

    /// {@return whether page faults are not handled now}
    public boolean isPagefaultDisabled() {
        return pagefaultDisabled > 0;
    }
}
