package dev.faultline.explore;

import dev.faultline.machine.schedule.Outcome;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.shared.Mutex;
import dev.faultline.machine.shared.RwSemaphore;
import dev.faultline.machine.shared.WaitQueue;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.RetryLoop;
import dev.faultline.machine.task.SecondAccess;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/// The classic programs of the literature on partial-order reduction, and those of our own trade.
final class Programs {
    private Programs() {}

    /// The shared objects of a small program.
    static final class Objects {
        final Machine machine;
        final Cell[] cells;
        final Mutex[] locks;
        final RwSemaphore rwsem;
        final WaitQueue queue;

        Objects(Machine machine, int cells, int locks) {
            this.machine = machine;
            this.cells = new Cell[cells];
            this.locks = new Mutex[locks];
            for (int i = 0; i < cells; i++) {
                this.cells[i] = new Cell(machine, "cell", i, 0);
            }
            for (int i = 0; i < locks; i++) {
                this.locks[i] = new Mutex(machine, "lock", i);
            }
            this.rwsem = new RwSemaphore(machine, "rwsem", "");
            this.queue = new WaitQueue(machine, "queue", "");
        }
    }

    interface Body {
        void run(Objects o);
    }

    static Program of(int cells, int locks, Body... bodies) {
        return of(cells, locks, List.of(bodies));
    }

    static Program of(int cells, int locks, int tasks, IntFunction<Body> body) {
        List<Body> bodies = new ArrayList<>();
        for (int i = 0; i < tasks; i++) {
            bodies.add(body.apply(i));
        }
        return of(cells, locks, bodies);
    }

    static Program of(int cells, int locks, List<Body> bodies) {
        return machine -> new Program.World() {
            private final Objects objects = new Objects(machine, cells, locks);

            @Override
            public void setUp() {}

            @Override
            public void spawnTasks() {
                for (int i = 0; i < bodies.size(); i++) {
                    Body body = bodies.get(i);
                    machine.spawn("P" + i, () -> body.run(objects));
                }
            }

            @Override
            public void finish() {}

            @Override
            public Outcome outcome() {
                List<Long> values = new ArrayList<>();
                for (Cell cell : objects.cells) {
                    values.add(cell.peek());
                }
                return new Outcome(values);
            }
        };
    }

    /// n writers of one word.
    static Program writers(int n) {
        return of(1, 0, n, i -> o -> o.cells[0].write(i));
    }

    /// One writer and n readers of one word.
    static Program readers(int n) {
        return of(1, 0, n + 1, i -> o -> {
            if (i == 0) {
                o.cells[0].write(1);
            } else {
                o.cells[0].read();
            }
        });
    }

    /// Two tasks that each take one lock k times.
    static Program oneLock(int k) {
        return of(1, 1, 2, i -> o -> {
            for (int n = 0; n < k; n++) {
                o.locks[0].lock();
                o.locks[0].unlock();
            }
        });
    }

    /// n tasks that each add one to one word, unprotected.
    static Program increments(int n) {
        return of(1, 0, n, i -> o -> o.cells[0].write(o.cells[0].read() + 1));
    }

    /// n tasks that each add one to one word, atomically.
    static Program atomicIncrements(int n) {
        return of(1, 0, n, i -> o -> o.cells[0].addAndGet(1));
    }

    /// Abdulla et al., POPL 2014: one task looks for the last zero in an array, n tasks each increment one place.
    static Program lastZero(int n) {
        return of(n + 1, 0, n + 1, i -> o -> {
            if (i == 0) {
                int at = n;
                while (o.cells[at].read() != 0) {
                    at--;
                }
            } else {
                o.cells[i].write(o.cells[i - 1].read() + 1);
            }
        });
    }

    /// Flanagan and Godefroid, POPL 2005: n tasks put 4 messages each into a table of 128 places by
    /// compare-and-swap.
    static Program indexer(int n) {
        return of(128, 0, n, task -> o -> {
            for (int m = 1; m <= 4; m++) {
                int hash = (m * 11 + task) * 7 % 128;
                while (!o.cells[hash].compareAndSet(0, m * 11L + task)) {
                    hash = (hash + 1) % 128;
                }
            }
        });
    }

    /// Flanagan and Godefroid, POPL 2005: n tasks allocate blocks to 32 inodes, from 26 blocks, each under its lock.
    static Program fileSystem(int n) {
        int inodes = 32;
        int blocks = 26;
        return of(inodes + blocks, inodes + blocks, n, task -> o -> {
            int inode = task % inodes;
            o.locks[inode].lock();
            if (o.cells[inode].read() == 0) {
                int block = inode * 2 % blocks;
                boolean found = false;
                while (!found) {
                    o.locks[inodes + block].lock();
                    if (o.cells[inodes + block].read() == 0) {
                        o.cells[inodes + block].write(1);
                        o.cells[inode].write(block + 1L);
                        found = true;
                    }
                    o.locks[inodes + block].unlock();
                    block = (block + 1) % blocks;
                }
            }
            o.locks[inode].unlock();
        });
    }

    /// n philosophers who take their forks in one order, or each the left one first.
    static Program philosophers(int n, boolean ordered) {
        return of(1, n, n, i -> o -> {
            int left = i;
            int right = (i + 1) % n;
            int first = ordered ? Math.min(left, right) : left;
            int second = ordered ? Math.max(left, right) : right;
            o.locks[first].lock();
            o.locks[second].lock();
            o.locks[second].unlock();
            o.locks[first].unlock();
        });
    }

    /// A read with a faulting buffer against a fault that needs the inode, `padding` private steps before each.
    static Program abba(int padding) {
        return of(2, 2, 2, i -> o -> {
            for (int n = 0; n < padding; n++) {
                o.cells[i].write(n);
            }
            o.locks[i].lock();
            o.locks[1 - i].lock();
            o.locks[1 - i].unlock();
            o.locks[i].unlock();
        });
    }

    /// n tasks, of which task i turns a word from i to i + 1 if it finds i there, and only looks at it if not.
    static Program casRotation(int n) {
        return of(1, 0, n, i -> o -> {
            Cell word = o.cells[0];
            o.machine.step(word, Access.WRITE, -1,
                    task -> SecondAccess.first(task, word.peek() == i ? Access.WRITE : Access.READ));
            if (word.peek() == i) {
                word.poke(i + 1L);
            }
        });
    }

    /// A lock that a reader takes twice while a writer may queue for it in between, and another reader.
    static Program recursiveReader() {
        return of(0, 0, 3, i -> o -> {
            if (i == 2) {
                o.rwsem.downWrite();
                o.rwsem.upWrite();
                return;
            }
            o.rwsem.downRead();
            if (i == 0) {
                o.rwsem.downRead();
                o.rwsem.upRead();
            }
            o.rwsem.upRead();
        });
    }

    /// The condition is looked at before the queue is joined.
    static Program lostWakeUp() {
        return of(1, 0, 2, i -> o -> {
            if (i == 1) {
                o.cells[0].write(1);
                o.queue.wakeUpAll();
            } else if (o.cells[0].read() == 0) {
                o.queue.prepareToWait();
                o.queue.schedule();
                o.queue.finishWait();
            }
        });
    }

    /// Each takes its lock, tries the other's, and gives up its own if that fails.
    static Program backOff() {
        return of(0, 2, 2, i -> o -> {
            RetryLoop loop = o.machine.retryLoop("backoff");
            for (;;) {
                o.locks[i].lock();
                if (o.locks[1 - i].tryLock()) {
                    break;
                }
                o.locks[i].unlock();
                loop.again();
            }
            o.locks[1 - i].unlock();
            o.locks[i].unlock();
        });
    }

    /// A spin lock that is first looked at and then taken, while its first owner gives it up: it is free in the end.
    static Program awaitThenExchange() {
        return of(2, 0, 2, i -> o -> {
            Cell taken = o.cells[0];
            Cell data = o.cells[1];
            if (i == 0) {
                data.write(1);
                taken.write(1);
                return;
            }
            RetryLoop loop = o.machine.retryLoop("await");
            for (;;) {
                while (taken.read() == 0) {
                    loop.again();
                }
                if (taken.compareAndSet(1, 0)) {
                    break;
                }
                loop.again();
            }
            if (data.read() != 1) {
                throw o.machine.finding(Kind.CORRUPTION, "the lock lets in before its owner has left");
            }
        });
    }
}
