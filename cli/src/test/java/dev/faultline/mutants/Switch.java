package dev.faultline.mutants;

import dev.faultline.machine.shared.BitLock;
import dev.faultline.machine.shared.Mutex;
import dev.faultline.machine.shared.RwSemaphore;
import dev.faultline.machine.shared.SpinLock;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/// What the woven code asks: which mutant is on. It also counts what is reached, and which way checks go. Static, as it is
/// code in the middle of methods that asks; used by one thread.
public final class Switch {
    /// No mutant.
    static final int NONE = -1;

    private static final int CALLS_BETWEEN_LOOKS = 1024;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int MANY = 10_000;

    private static int active = NONE;
    private static boolean taken;
    private static long deadlineNanos = Long.MAX_VALUE;
    private static int calls;
    private static boolean late;
    private static final BitSet REACHED = new BitSet();
    private static long[] asked = new long[0];
    private static long[] stayed = new long[0];
    private static final List<Skipped> SKIPPED = new ArrayList<>();

    /// A lock that a task believes to hold.
    private record Skipped(SharedObject lock, Task task) {
        boolean is(SharedObject other, Task who) {
            return lock == other && task == who;
        }
    }

    private Switch() {}

    /// Makes room for that many places.
    static void sites(int number) {
        asked = new long[number];
        stayed = new long[number];
    }

    /// Switches a mutant on, and everything back.
    ///
    /// @param branch which way a check goes
    static void set(int site, boolean branch, long deadline) {
        active = site;
        taken = branch;
        deadlineNanos = deadline;
        late = false;
        REACHED.clear();
        SKIPPED.clear();
    }

    /// {@return how long this thread has run: what else the machine does makes no difference}
    static long cpuNanos() {
        return THREADS.getCurrentThreadCpuTime();
    }

    /// {@return what was reached since [#set]}
    static BitSet reached() {
        return (BitSet) REACHED.clone();
    }

    /// {@return whether the branch of a check was taken more often than not}
    static boolean isMostlyTaken(int site) {
        return asked[site] - stayed[site] > stayed[site];
    }

    /// {@return whether a check has gone both ways}
    static boolean wentBothWays(int site) {
        return stayed[site] > 0 && stayed[site] < asked[site];
    }

    // ---- asked by woven code ----

    /// A loop goes round: whoever has no time left does not go on.
    public static void tick() {
        if (++calls % CALLS_BETWEEN_LOOKS == 0 && deadlineNanos != Long.MAX_VALUE && cpuNanos() > deadlineNanos) {
            late = true;
            throw new TimeIsUp();
        }
    }

    /// {@return whether a test was ended since [#set] because its time was up} However it came out then, it says nothing.
    static boolean isLate() {
        return late;
    }

    /// {@return whether that mutant is on}
    public static boolean on(int site) {
        tick();
        REACHED.set(site);
        asked[site]++;
        return site == active;
    }

    /// The branch of a check was not taken.
    public static void stayed(int site) {
        stayed[site]++;
    }

    /// {@return which way a check goes that is left out}
    public static boolean taken() {
        return taken;
    }

    /// {@return a value that is returned as it is, or as it is most often}
    public static boolean value(boolean value, int site) {
        if (on(site)) {
            return taken;
        }
        if (!value) {
            stayed(site);
        }
        return value;
    }

    private static boolean skips(SharedObject lock, int site) {
        if (!on(site)) {
            return false;
        }
        if (SKIPPED.size() > MANY) {
            SKIPPED.clear();
        }
        SKIPPED.add(new Skipped(lock, lock.machine().current()));
        return true;
    }

    private static boolean skipped(SharedObject lock) {
        if (SKIPPED.isEmpty()) {
            return false;
        }
        Task me = lock.machine().current();
        for (int i = SKIPPED.size() - 1; i >= 0; i--) {
            if (SKIPPED.get(i).is(lock, me)) {
                SKIPPED.remove(i);
                return true;
            }
        }
        return false;
    }

    /// Takes a lock, or does not.
    public static void downRead(RwSemaphore lock, int site) {
        if (!skips(lock, site)) {
            lock.downRead();
        }
    }

    /// Takes a lock, or does not.
    public static void downWrite(RwSemaphore lock, int site) {
        if (!skips(lock, site)) {
            lock.downWrite();
        }
    }

    /// Takes a lock, or does not.
    public static void lock(BitLock lock, int site) {
        if (!skips(lock, site)) {
            lock.lock();
        }
    }

    /// Takes a lock, or does not.
    public static void lockUnpublished(BitLock lock, int site) {
        if (!skips(lock, site)) {
            lock.lockUnpublished();
        }
    }

    /// Takes a lock if it is free, or says so.
    public static boolean tryLock(BitLock lock, int site) {
        return skips(lock, site) || lock.tryLock();
    }

    /// Takes a lock, or does not.
    public static void lock(Mutex lock, int site) {
        if (!skips(lock, site)) {
            lock.lock();
        }
    }

    /// Takes a lock, or does not.
    public static void lock(SpinLock lock, int site) {
        if (!skips(lock, site)) {
            lock.lock();
        }
    }

    /// Gives a lock up, if it was taken.
    public static void upRead(RwSemaphore lock) {
        if (!skipped(lock)) {
            lock.upRead();
        }
    }

    /// Gives a lock up, if it was taken.
    public static void upWrite(RwSemaphore lock) {
        if (!skipped(lock)) {
            lock.upWrite();
        }
    }

    /// Gives a lock up, if it was taken.
    public static void upWrite(RwSemaphore lock, SharedObject also, long mask) {
        if (!skipped(lock)) {
            lock.upWrite(also, mask);
        }
    }

    /// Gives a lock up, if it was taken.
    public static void unlock(BitLock lock) {
        if (!skipped(lock)) {
            lock.unlock();
        }
    }

    /// Gives a lock up, if it was taken.
    public static void unlock(Mutex lock) {
        if (!skipped(lock)) {
            lock.unlock();
        }
    }

    /// Gives a lock up, if it was taken.
    public static void unlock(SpinLock lock) {
        if (!skipped(lock)) {
            lock.unlock();
        }
    }
}
