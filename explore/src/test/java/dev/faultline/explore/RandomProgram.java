package dev.faultline.explore;

import dev.faultline.machine.schedule.Outcome;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.shared.BitLock;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.shared.Completion;
import dev.faultline.machine.shared.Mutex;
import dev.faultline.machine.shared.RwSemaphore;
import dev.faultline.machine.shared.SpinLock;
import dev.faultline.machine.shared.WaitQueue;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.RetryLoop;
import dev.faultline.machine.task.SecondAccess;
import dev.faultline.machine.task.SharedObject;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// A small program over every kind of shared object, made from a seed. What tasks read decides what they do
/// next, and every task's log of what it saw is part of the outcome.
public final class RandomProgram implements Program {
    private static final int OPERATIONS = 29;
    private static final int[] WORDS_AND_LOCKS = {0, 2, 3, 4, 5, 6, 7, 8, 10, 12, 17, 18, 22};

    private final List<int[]> tasks = new ArrayList<>();
    private final boolean loops;
    private final boolean served;

    /// Reads, writes, additions and locks that are held alone or tried: what optimality is claimed for.
    static RandomProgram ofWordsAndLocks(long seed) {
        return new RandomProgram(seed, false, WORDS_AND_LOCKS, narrow(new SplittableRandom(~seed)));
    }

    /// Many tasks of one or two operations each, which mostly read: too many orders for brute force, few traces, and
    /// wakeup trees with many branches.
    public static RandomProgram wide(long seed) {
        SplittableRandom random = new SplittableRandom(~seed);
        int[] sizes = new int[5 + random.nextInt(3)];
        for (int t = 0; t < sizes.length; t++) {
            sizes[t] = random.nextInt(4) == 0 ? 2 : 1;
        }
        int[] mostlyReads = IntStream.concat(IntStream.range(0, 8).map(i -> 0), IntStream.of(WORDS_AND_LOCKS)).toArray();
        return new RandomProgram(seed, false, mostlyReads, sizes);
    }

    /// @param loops whether tasks may also go round retry loops
    public RandomProgram(long seed, boolean loops) {
        this(seed, loops, IntStream.range(0, OPERATIONS).toArray(), narrow(new SplittableRandom(~seed)));
    }

    /// {@return how many operations each of two to four tasks has}
    private static int[] narrow(SplittableRandom random) {
        int[] sizes = new int[random.nextInt(10) == 0 ? 4 : 2 + random.nextInt(2)];
        for (int t = 0; t < sizes.length; t++) {
            sizes[t] = 1 + random.nextInt(sizes.length == 2 ? 5 : sizes.length == 3 ? 3 : 2);
        }
        return sizes;
    }

    private RandomProgram(long seed, boolean loops, int[] all, int[] sizes) {
        this.loops = loops;
        SplittableRandom random = new SplittableRandom(seed);
        this.served = random.nextInt(4) == 0;
        // Few kinds a program, so that tasks meet.
        int[] kinds = {all[random.nextInt(all.length)], all[random.nextInt(all.length)],
            all[random.nextInt(all.length)], all[random.nextInt(all.length)]};
        for (int size : sizes) {
            int[] operations = new int[size];
            for (int i = 0; i < operations.length; i++) {
                operations[i] = kinds[random.nextInt(kinds.length)] + (random.nextInt(4) << 8);
            }
            tasks.add(operations);
        }
    }


    @Override
    public World boot(Machine machine) {
        return new RandomWorld(machine);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(served ? "daemon | " : "");
        for (int[] operations : tasks) {
            for (int operation : operations) {
                text.append(operation & 0xff).append('/').append(operation >> 8).append(' ');
            }
            text.append("| ");
        }
        return text.toString();
    }

    /// One execution of it.
    private final class RandomWorld implements World {
        private final Machine machine;
        private final Cell[] cells = new Cell[2];
        private final Cell flags;
        private final Mutex[] mutexes = new Mutex[2];
        private final RwSemaphore rwsem;
        private final BitLock bit;
        private final WaitQueue queue;
        private final Completion completion;
        private final SpinLock spin;
        private final Pair pair;
        private final Gate gate;
        private long spun;
        private final List<long[]> logs = new ArrayList<>();

        RandomWorld(Machine machine) {
            this.machine = machine;
            for (int i = 0; i < 2; i++) {
                cells[i] = new Cell(machine, "cell", i, 0);
                mutexes[i] = new Mutex(machine, "mutex", i);
            }
            flags = new Cell(machine, "flags", "", 0);
            rwsem = new RwSemaphore(machine, "rwsem", "");
            bit = new BitLock(machine, "bit", "");
            queue = new WaitQueue(machine, "queue", "");
            completion = new Completion(machine, "completion", "");
            spin = new SpinLock(machine, "spin", "");
            pair = new Pair(machine);
            gate = new Gate(machine);
        }

        @Override
        public void setUp() {
            cells[0].read();
            if (served) {
                machine.spawnDaemon("D", this::serve);
            }
        }

        /// Adds one for each completion, and stops after two.
        private void serve() {
            for (int n = 0; n < 2; n++) {
                completion.waitFor();
                cells[0].addAndGet(1);
                gate.leave();
            }
        }

        @Override
        public void spawnTasks() {
            for (int t = 0; t < tasks.size(); t++) {
                spawn("P" + t, tasks.get(t), 0);
            }
        }

        private void spawn(String name, int[] operations, int from) {
            long[] log = new long[1];
            logs.add(log);
            machine.spawn(name, () -> run(name, operations, from, log));
        }

        private void run(String name, int[] operations, int from, long[] log) {
            List<Runnable> undo = new ArrayList<>();
            for (int i = from; i < operations.length; i++) {
                if ((operations[i] & 0xff) == 22 && i + 1 < operations.length && from == 0) {
                    spawn(name + "." + i, operations, i + 1); // the rest goes on beside the release below
                    break;
                }
                long seen = operation(operations[i] & 0xff, operations[i] >> 8, undo);
                log[0] = log[0] * 31 + seen + 1;
                if (seen == 3) {
                    i++; // what was seen decides what is done
                }
            }
            for (int i = undo.size() - 1; i >= 0; i--) {
                undo.get(i).run();
            }
        }

        private long operation(int kind, int argument, List<Runnable> undo) {
            Cell cell = cells[argument & 1];
            Mutex mutex = mutexes[argument & 1];
            return switch (kind) {
                case 0, 1 -> cell.read();
                case 2 -> done(() -> cell.write(argument));
                case 3 -> done(() -> cell.add(argument));
                case 4 -> cell.addAndGet(1);
                case 5 -> cell.compareAndSet(argument >> 1, argument) ? 1 : 0;
                case 6 -> done(() -> flags.setBits(1L << argument));
                case 7 -> flags.clearBits(1L << argument);
                case 8 -> flags.readBits(1L << argument);
                case 9 -> done(() -> cell.await(value -> (value & 1) == argument >> 1));
                case 10, 11 -> done(() -> mutexLock(mutex, undo));
                case 12 -> mutexTry(mutex, undo);
                case 13, 14 -> done(() -> downRead(undo));
                case 15 -> done(() -> downWrite(argument, undo));
                case 16 -> tryRead(argument, undo);
                case 17 -> done(() -> bitLock(undo));
                case 18 -> bit.isLocked() ? 1 : 0;
                case 19 -> done(() -> sleep(argument));
                case 20 -> argument > 1 ? queue.wakeUpAll() : queue.wakeUpOne() ? 1 : 0;
                case 21 -> argument > 1 ? done(completion::waitFor) : done(completion::complete);
                case 22 -> machine.choose("either", 2);
                case 23 -> argument > 1 ? spinning() : pair.exchange(argument);
                case 24 -> argument > 1 ? gate.enter() : done(gate::leave);
                case 25 -> argument > 1 ? gate.enter() : gate.look();
                case 26 -> loops ? retry(cell, argument) : pair.exchange(argument);
                case 27 -> find(cell, argument);
                default -> loops ? raise(1 << (argument & 1)) : gate.look();
            };
        }

        private static long done(Runnable operation) {
            operation.run();
            return 0;
        }

        private void mutexLock(Mutex mutex, List<Runnable> undo) {
            mutex.lock();
            undo.add(mutex::unlock);
        }

        private long mutexTry(Mutex mutex, List<Runnable> undo) {
            if (!mutex.tryLock()) {
                return 0;
            }
            undo.add(mutex::unlock);
            return 1;
        }

        private void downRead(List<Runnable> undo) {
            rwsem.downRead();
            undo.add(rwsem::upRead);
        }

        private void downWrite(int argument, List<Runnable> undo) {
            rwsem.downWrite();
            if (argument == 3) {
                rwsem.downgradeWrite();
                undo.add(rwsem::upRead);
            } else {
                undo.add(rwsem::upWrite);
            }
        }

        private long tryRead(int argument, List<Runnable> undo) {
            boolean write = argument > 1;
            boolean taken = write ? rwsem.downWriteTrylock() : rwsem.downReadTrylock();
            if (taken) {
                undo.add(write ? rwsem::upWrite : rwsem::upRead);
            }
            return taken ? 1 : 0;
        }

        private void bitLock(List<Runnable> undo) {
            bit.lock();
            undo.add(bit::unlock);
        }

        private void sleep(int argument) {
            if (cells[0].read() == 0) {
                queue.prepareToWait();
                if (argument > 0) {
                    queue.schedule();
                }
                queue.finishWait();
            }
        }

        private long spinning() {
            spin.lock();
            long before = spun;
            spun = spun * 3 + 1;
            spin.unlock();
            return before % 5;
        }

        /// Ends the execution if the word is odd.
        private long find(Cell cell, int argument) {
            long value = cell.read();
            if ((value & 1) != 0) {
                throw machine.finding(Kind.CORRUPTION, "odd " + argument);
            }
            return value;
        }

        private long retry(Cell cell, int argument) {
            RetryLoop loop = machine.retryLoop("retry " + argument);
            return switch (argument) {
                case 0 -> readUntilSet(cell, loop);
                case 1 -> tryUntilTaken(loop);
                case 2 -> backOff(loop);
                default -> chooseUntilSet(cell, loop);
            };
        }

        private static long readUntilSet(Cell cell, RetryLoop loop) {
            while (cell.read() == 0) {
                loop.again();
            }
            return 1;
        }

        private long tryUntilTaken(RetryLoop loop) {
            while (!mutexes[1].tryLock()) {
                loop.again();
            }
            mutexes[1].unlock();
            return 2;
        }

        /// Takes one lock and tries the other; gives the first up if that fails.
        private long backOff(RetryLoop loop) {
            for (;;) {
                if (mutexes[0].tryLock()) {
                    if (mutexes[1].tryLock()) {
                        mutexes[1].unlock();
                        mutexes[0].unlock();
                        return 1;
                    }
                    mutexes[0].unlock();
                }
                loop.again();
            }
        }

        /// Raises a flag and goes on if the other one is not raised.
        private long raise(long mine) {
            RetryLoop loop = machine.retryLoop("raise " + mine);
            for (;;) {
                flags.setBits(mine);
                boolean free = flags.readBits(3 ^ mine) == 0;
                flags.clearBits(mine);
                if (free) {
                    return 2;
                }
                loop.again();
            }
        }

        /// The environment decides what is looked at.
        private long chooseUntilSet(Cell cell, RetryLoop loop) {
            while ((machine.choose("which", 2) == 0 ? cell.read() : flags.readBits(1)) == 0) {
                loop.again();
            }
            return 4;
        }

        @Override
        public void finish() {
            if (cells[1].peek() == 7) {
                machine.report(Kind.WARNING, "seven");
            }
        }

        @Override
        public Outcome outcome() {
            List<Long> values = new ArrayList<>(List.of(cells[0].peek(), cells[1].peek(), flags.peek(), spun, pair.second(), gate.inside));
            logs.forEach(log -> values.add(log[0]));
            return new Outcome(values.subList(0, 6 + tasks.size()));
        }
    }

    /// Two words touched in one step: the second one only if the first says so.
    private static final class Pair extends SharedObject {
        private final Cell other;
        private long first;

        Pair(Machine machine) {
            super(machine, "pair", "");
            this.other = new Cell(machine, "other", "", 0);
        }

        long exchange(int argument) {
            machine().step(this, Access.READ, -1, task -> {
                SecondAccess.first(task, argument == 0 ? Access.WRITE : Access.READ);
                if (first != argument) {
                    SecondAccess.touch(task, other, Access.WRITE, -1);
                }
            });
            long seen = first;
            if (first != argument) {
                other.poke(other.peek() * 2 + 1 + argument);
            }
            if (argument == 0) {
                first = first + 1;
                changed();
            }
            return seen % 4;
        }

        long second() {
            return other.peek() * 8 + first;
        }

        @Override
        protected long stateHash() {
            return first;
        }
    }

    /// Lets one in, and waits in a step that is also a change: as a lock of the program's own making does.
    private static final class Gate extends SharedObject {
        private long inside;

        Gate(Machine machine) {
            super(machine, "gate", "");
        }

        long enter() {
            machine().await(this, Access.WRITE, -1, () -> inside < 1);
            inside++;
            changed();
            machine().current().learn(inside);
            return inside;
        }

        void leave() {
            machine().step(this, Access.WRITE, -1);
            inside--;
            changed();
        }

        long look() {
            machine().step(this, Access.READ, -1);
            machine().current().learn(inside);
            return inside + 2;
        }

        @Override
        protected long stateHash() {
            return inside;
        }
    }
}
