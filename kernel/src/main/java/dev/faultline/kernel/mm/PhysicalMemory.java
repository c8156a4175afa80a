package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.function.Consumer;

/// The page frames of one machine. A freed frame is reused lowest number first, so that a loop that
/// allocates and frees comes back to the same state.
public final class PhysicalMemory {
    /// Behind all frames of small pages.
    private static final long FIRST_HUGE = 1L << 40;

    private final Machine machine;
    private final PriorityQueue<Long> free = new PriorityQueue<>();
    private final List<Folio> inUse = new ArrayList<>();
    private Optional<FrameLimit> limit = Optional.empty();
    private long next;
    private final PriorityQueue<Long> freeHuge = new PriorityQueue<>();
    private long nextHuge = FIRST_HUGE;

    /// By frame: whose huge pages are that are no part of the memory that anybody may have.
    private final Map<Long, Consumer<Folio>> setAside = new TreeMap<>();

    /// Memory without a limit.
    public PhysicalMemory(Machine machine) {
        this.machine = machine;
    }

    Machine machine() {
        return machine;
    }

    /// Leaves the machine so many page frames, those in use included. Before anything runs.
    ///
    /// @return whether there are that many in use at most
    public boolean limit(int frames, FrameLimit.Reclaimer reclaimer) {
        limit = Optional.of(new FrameLimit(machine, frames, inUse.size(), reclaimer));
        return inUse.size() <= frames;
    }

    /// {@return the signal that the running thread gets before it goes on in user mode, as there is no memory} No step
    /// where there is no limit.
    public Optional<Signal> killed() {
        return limit.filter(FrameLimit::kills).map(_ -> Signal.SIGKILL);
    }

    /// Has `wake` run if the process of the running thread is killed before [#awake] is called, as there is no memory. No step
    /// where there is no limit.
    ///
    /// @return whether it was killed already
    @Models(file = "include/linux/sched/signal.h", symbol = "fatal_signal_pending")
    public boolean sleepKillably(Runnable wake) {
        return limit.isPresent() && limit.get().sleepKillably(wake);
    }

    /// The running thread sleeps no longer. No step where there is no limit.
    public void awake(Runnable wake) {
        limit.ifPresent(frames -> frames.awake(wake));
    }

    /// {@return a folio of zeroes that nobody else knows, with one reference, which is the caller's} No step where there
    /// is no limit; else several, and pages of others may leave memory.
    ///
    /// @param what what the memory is for, in a word for reports
    public Folio allocate(String what) {
        limit.ifPresent(FrameLimit::take);
        long pfn = free.isEmpty() ? next++ : free.remove();
        Folio folio = new Folio(this, pfn, what);
        inUse.add(folio);
        return folio;
    }

    /// {@return the first page of a huge page of zeroes that nobody else knows, with one reference, which is the caller's;
    /// nothing where memory has a limit, as there is no room in one piece} No step.
    public Optional<Folio> allocateHuge(String what) {
        if (limit.isPresent()) {
            return Optional.empty();
        }
        return Optional.of(newHuge(what));
    }

    private Folio newHuge(String what) {
        long pfn = freeHuge.isEmpty() ? nextHuge : freeHuge.remove();
        if (pfn == nextHuge) {
            nextHuge += Thp.PAGES;
        }
        Folio folio = new Folio(this, pfn, what, true);
        inUse.add(folio);
        return folio;
    }

    /// {@return the first page of a huge page of zeroes as [#allocateHuge] gives, out of memory that was set aside} No step.
    ///
    /// @param freed whose it is when it is freed
    public Folio allocateSetAside(String what, Consumer<Folio> freed) {
        Folio folio = newHuge(what);
        setAside.put(folio.pfn(), freed);
        return folio;
    }

    /// The frame of a folio can be had again. One step where there is a limit, or the memory was set aside.
    void free(Folio folio) {
        inUse.remove(folio);
        (folio.isLarge() ? freeHuge : free).add(folio.pfn());
        Consumer<Folio> owner = setAside.remove(folio.pfn());
        if (owner != null) {
            owner.accept(folio);
        } else {
            limit.ifPresent(FrameLimit::give);
        }
    }

    /// {@return the folios that were not freed, for the check at the end}
    public List<Folio> inUse() {
        return List.copyOf(inUse);
    }
}
