package dev.faultline.bench.lincheck;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.StampedLock;
import java.util.function.IntConsumer;

/// The benchmark set as threads in Java: what Lincheck is given. A word is an atomic one, a lock is a monitor or, where
/// it is tried, an atomic flag; a reader/writer lock that is fair to writers is a [StampedLock].
final class Classics {
    private Classics() {}

    /// {@return the program of that name, which runs once and ends when all its threads have}
    static Runnable named(String name, int n) {
        return switch (name) {
            case "abba" -> () -> crossed(0);
            case "abba-pad" -> () -> crossed(n);
            case "rwsem-recurse" -> Classics::recursiveReader;
            case "lost-wakeup" -> Classics::lostWakeUp;
            case "phil-dl" -> () -> philosophers(n, false);
            case "phil-ok" -> () -> philosophers(n, true);
            case "last-zero" -> () -> lastZero(n);
            case "readers" -> () -> readers(n);
            case "indexer" -> () -> indexer(n);
            case "filesystem" -> () -> fileSystem(n);
            case "ainc" -> () -> atomicIncrements(n);
            case "casrot" -> () -> casRotation(n);
            case "backoff" -> Classics::backOff;
            case "fault-in" -> Classics::faultIn;
            case "await-ok" -> Classics::awaitThenExchange;
            case "generic" -> Classics::countingRetry;
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static void threads(int n, IntConsumer body) {
        Thread[] threads = new Thread[n];
        each(0, n, i -> threads[i] = new Thread(() -> body.accept(i)));
        each(0, n, i -> threads[i].start());
        each(0, n, i -> join(threads[i]));
    }

    /// Not a loop: one with many rounds Lincheck takes for one that waits.
    private static void each(int from, int to, IntConsumer what) {
        if (to - from == 1) {
            what.accept(from);
        } else if (to > from) {
            int middle = (from + to) / 2;
            each(from, middle, what);
            each(middle, to, what);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException unexpected) {
            throw new IllegalStateException(unexpected);
        }
    }

    private static Object[] monitors(int n) {
        Object[] monitors = new Object[n];
        each(0, n, i -> monitors[i] = new Object());
        return monitors;
    }

    private static void crossed(int padding) {
        Object[] locks = monitors(2);
        AtomicIntegerArray cells = new AtomicIntegerArray(2);
        threads(2, i -> {
            each(0, padding, k -> cells.set(i, k));
            both(locks[i], locks[1 - i]);
        });
    }

    private static void both(Object outer, Object inner) {
        synchronized (outer) {
            synchronized (inner) {
                // nothing to do there
            }
        }
    }

    private static void recursiveReader() {
        StampedLock lock = new StampedLock();
        threads(3, i -> {
            if (i == 2) {
                lock.unlockWrite(lock.writeLock());
                return;
            }
            long outer = lock.readLock();
            if (i == 0) {
                lock.unlockRead(lock.readLock());
            }
            lock.unlockRead(outer);
        });
    }

    private static void lostWakeUp() {
        AtomicInteger condition = new AtomicInteger();
        Object queue = new Object();
        threads(2, i -> {
            if (i == 1) {
                condition.set(1);
                synchronized (queue) {
                    queue.notifyAll();
                }
            } else if (condition.get() == 0) {
                synchronized (queue) {
                    sleep(queue);
                }
            }
        });
    }

    private static void sleep(Object queue) {
        try {
            queue.wait();
        } catch (InterruptedException unexpected) {
            throw new IllegalStateException(unexpected);
        }
    }

    private static void philosophers(int n, boolean ordered) {
        Object[] forks = monitors(n);
        threads(n, i -> {
            int right = (i + 1) % n;
            both(forks[ordered ? Math.min(i, right) : i], forks[ordered ? Math.max(i, right) : right]);
        });
    }

    private static void lastZero(int n) {
        AtomicIntegerArray cells = new AtomicIntegerArray(n + 1);
        threads(n + 1, i -> {
            if (i == 0) {
                int at = n;
                while (cells.get(at) != 0) {
                    at--;
                }
            } else {
                cells.set(i, cells.get(i - 1) + 1);
            }
        });
    }

    private static void readers(int n) {
        AtomicInteger word = new AtomicInteger();
        threads(n + 1, i -> {
            if (i == 0) {
                word.set(1);
            } else {
                word.get();
            }
        });
    }

    private static void indexer(int n) {
        AtomicIntegerArray table = new AtomicIntegerArray(128);
        threads(n, i -> {
            for (int m = 1; m <= 4; m++) {
                int hash = (m * 11 + i) * 7 % 128;
                while (!table.compareAndSet(hash, 0, m * 11 + i)) {
                    hash = (hash + 1) % 128;
                }
            }
        });
    }

    private static void fileSystem(int n) {
        int inodes = 32;
        int blocks = 26;
        Object[] locks = monitors(inodes + blocks);
        AtomicIntegerArray cells = new AtomicIntegerArray(inodes + blocks);
        threads(n, i -> {
            int inode = i % inodes;
            synchronized (locks[inode]) {
                int block = inode * 2 % blocks;
                while (cells.get(inode) == 0) {
                    synchronized (locks[inodes + block]) {
                        if (cells.get(inodes + block) == 0) {
                            cells.set(inodes + block, 1);
                            cells.set(inode, block + 1);
                            return;
                        }
                    }
                    block = (block + 1) % blocks;
                }
            }
        });
    }

    private static void atomicIncrements(int n) {
        AtomicInteger word = new AtomicInteger();
        threads(n, i -> word.incrementAndGet());
    }

    private static void casRotation(int n) {
        AtomicInteger word = new AtomicInteger();
        threads(n, i -> word.compareAndSet(i, i + 1));
    }

    private static void backOff() {
        AtomicBoolean[] locks = {new AtomicBoolean(), new AtomicBoolean()};
        threads(2, i -> {
            for (;;) {
                while (!locks[i].compareAndSet(false, true)) {
                    Thread.onSpinWait();
                }
                if (locks[1 - i].compareAndSet(false, true)) {
                    break;
                }
                locks[i].set(false);
            }
            locks[1 - i].set(false);
            locks[i].set(false);
        });
    }

    private static void faultIn() {
        AtomicInteger page = new AtomicInteger();
        threads(1, i -> {
            while (page.get() != 2) {
                page.set(1);
            }
        });
    }

    private static void awaitThenExchange() {
        AtomicInteger taken = new AtomicInteger();
        AtomicInteger data = new AtomicInteger();
        threads(2, i -> {
            if (i == 0) {
                data.set(1);
                taken.set(1);
                return;
            }
            do {
                while (taken.get() == 0) {
                    Thread.onSpinWait();
                }
            } while (!taken.compareAndSet(1, 0));
            if (data.get() != 1) {
                throw new IllegalStateException("the lock lets in before its owner has left");
            }
        });
    }

    private static void countingRetry() {
        AtomicInteger word = new AtomicInteger();
        threads(1, i -> {
            long count = 0;
            while (word.get() == 0) {
                count++;
            }
            System.out.println(count);
        });
    }
}
