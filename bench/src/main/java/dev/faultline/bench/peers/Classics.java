package dev.faultline.bench.peers;

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
import java.util.Arrays;

/// The benchmark set for Faultline.
final class Classics {
    private static final int TABLE = 128;
    private static final int INODES = 32;
    private static final int BLOCKS = 26;

    private Classics() {}

    /// What a task does.
    private interface Body {
        void run(World world, int task);
    }

    /// {@return the program of that name and size}
    static Program named(String name, int n) {
        return switch (name) {
            case "abba", "abba-pad" -> of(2, 2, 2, (world, task) -> crossed(world, task, n));
            case "rwsem-recurse" -> of(0, 0, 3, Classics::recursiveReader);
            case "lost-wakeup" -> of(1, 0, 2, Classics::lostWakeUp);
            case "phil-dl" -> of(0, n, n, (world, task) -> philosopher(world, task, (task + 1) % n));
            case "phil-ok" -> of(0, n, n, (world, task) ->
                    philosopher(world, Math.min(task, (task + 1) % n), Math.max(task, (task + 1) % n)));
            case "last-zero" -> of(n + 1, 0, n + 1, (world, task) -> lastZero(world, task, n));
            case "readers" -> of(1, 0, n + 1, Classics::readers);
            case "indexer" -> of(TABLE, 0, n, Classics::indexer);
            case "filesystem" -> of(INODES + BLOCKS, INODES + BLOCKS, n, Classics::fileSystem);
            case "ainc" -> of(1, 0, n, (world, task) -> world.cells[0].addAndGet(1));
            case "casrot" -> of(1, 0, n, Classics::casRotation);
            case "backoff" -> of(0, 2, 2, Classics::backOff);
            case "fault-in" -> of(1, 0, 1, Classics::faultIn);
            case "evict" -> of(1, 0, 1, Classics::evict);
            case "await-ok" -> of(2, 0, 2, Classics::awaitThenExchange);
            case "generic" -> of(1, 0, 1, Classics::countingRetry);
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static Program of(int cells, int locks, int tasks, Body body) {
        return machine -> new World(machine, cells, locks, tasks, body);
    }

    private static void crossed(World world, int task, int padding) {
        for (int i = 0; i < padding; i++) {
            world.cells[task].write(i);
        }
        philosopher(world, task, 1 - task);
    }

    private static void philosopher(World world, int first, int second) {
        world.locks[first].lock();
        world.locks[second].lock();
        world.locks[second].unlock();
        world.locks[first].unlock();
    }

    private static void recursiveReader(World world, int task) {
        if (task == 2) {
            world.rwsem.downWrite();
            world.rwsem.upWrite();
            return;
        }
        world.rwsem.downRead();
        if (task == 0) {
            world.rwsem.downRead();
            world.rwsem.upRead();
        }
        world.rwsem.upRead();
    }

    private static void lostWakeUp(World world, int task) {
        if (task == 1) {
            world.cells[0].write(1);
            world.queue.wakeUpAll();
        } else if (world.cells[0].read() == 0) {
            world.queue.prepareToWait();
            world.queue.schedule();
            world.queue.finishWait();
        }
    }

    private static void lastZero(World world, int task, int n) {
        if (task > 0) {
            world.cells[task].write(world.cells[task - 1].read() + 1);
            return;
        }
        int at = n;
        while (world.cells[at].read() != 0) {
            at--;
        }
    }

    private static void readers(World world, int task) {
        if (task == 0) {
            world.cells[0].write(1);
        } else {
            world.cells[0].read();
        }
    }

    private static void indexer(World world, int task) {
        for (int m = 1; m <= 4; m++) {
            int hash = (m * 11 + task) * 7 % TABLE;
            while (!world.cells[hash].compareAndSet(0, m * 11L + task)) {
                hash = (hash + 1) % TABLE;
            }
        }
    }

    private static void fileSystem(World world, int task) {
        int inode = task % INODES;
        world.locks[inode].lock();
        int block = inode * 2 % BLOCKS;
        boolean done = world.cells[inode].read() != 0;
        while (!done) {
            Cell busy = world.cells[INODES + block];
            world.locks[INODES + block].lock();
            if (busy.read() == 0) {
                busy.write(1);
                world.cells[inode].write(block + 1L);
                done = true;
            }
            world.locks[INODES + block].unlock();
            block = (block + 1) % BLOCKS;
        }
        world.locks[inode].unlock();
    }

    /// A compare-and-swap that only looks where it fails.
    private static void casRotation(World world, int task) {
        Cell word = world.cells[0];
        world.machine.step(word, Access.WRITE, -1,
                pending -> SecondAccess.first(pending, word.peek() == task ? Access.WRITE : Access.READ));
        if (word.peek() == task) {
            word.poke(task + 1L);
        }
    }

    private static void backOff(World world, int task) {
        RetryLoop loop = world.machine.retryLoop("backoff");
        for (;;) {
            world.locks[task].lock();
            if (world.locks[1 - task].tryLock()) {
                break;
            }
            world.locks[task].unlock();
            loop.again();
        }
        world.locks[1 - task].unlock();
        world.locks[task].unlock();
    }

    private static void faultIn(World world, int task) {
        RetryLoop loop = world.machine.retryLoop("fault-in");
        while (world.cells[task].read() != 2) {
            world.cells[task].write(1);
            loop.again();
        }
    }

    private static void evict(World world, int task) {
        RetryLoop loop = world.machine.retryLoop("evict");
        while (world.machine.choose("evict", 2) == 1) {
            world.cells[task].read();
            loop.again();
        }
    }

    private static void awaitThenExchange(World world, int task) {
        Cell freed = world.cells[0];
        if (task == 0) {
            world.cells[1].write(1);
            freed.write(1);
            return;
        }
        RetryLoop loop = world.machine.retryLoop("await");
        while (freed.read() == 0 || !freed.compareAndSet(1, 0)) {
            loop.again();
        }
        if (world.cells[1].read() != 1) {
            throw world.machine.finding(Kind.CORRUPTION, "the lock lets in before its owner has left");
        }
    }

    private static void countingRetry(World world, int task) {
        RetryLoop loop = world.machine.retryLoop("count");
        for (long n = 0; world.cells[task].read() == 0; n++) {
            loop.again(n);
        }
    }

    /// The shared objects and the tasks of one execution.
    private static final class World implements Program.World {
        private final Machine machine;
        private final int tasks;
        private final Body body;
        private final Cell[] cells;
        private final Mutex[] locks;
        private final RwSemaphore rwsem;
        private final WaitQueue queue;

        World(Machine machine, int cells, int locks, int tasks, Body body) {
            this.machine = machine;
            this.tasks = tasks;
            this.body = body;
            this.cells = new Cell[cells];
            this.locks = new Mutex[locks];
            Arrays.setAll(this.cells, i -> new Cell(machine, "cell", i, 0));
            Arrays.setAll(this.locks, i -> new Mutex(machine, "lock", i));
            this.rwsem = new RwSemaphore(machine, "rwsem", "");
            this.queue = new WaitQueue(machine, "queue", "");
        }

        @Override
        public void setUp() {}

        @Override
        public void spawnTasks() {
            for (int i = 0; i < tasks; i++) {
                int task = i;
                machine.spawn("P" + i, () -> body.run(this, task));
            }
        }

        @Override
        public void finish() {}

        @Override
        public Outcome outcome() {
            return Outcome.NONE;
        }
    }
}
