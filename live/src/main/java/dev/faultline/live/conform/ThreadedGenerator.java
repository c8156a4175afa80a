package dev.faultline.live.conform;

import dev.faultline.live.conform.ThreadedProgram.Action;
import dev.faultline.live.conform.ThreadedProgram.File;
import dev.faultline.live.conform.ThreadedProgram.Mapping;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// Makes programs of several threads: the same one for the same seed.
///
/// Calls take their data from buffers of their own, or in some programs from the mapping; then nobody changes what is
/// mapped, as a copy that ends in the middle of a page is outside of the model.
final class ThreadedGenerator {
    private static final int PAGE = 4096;
    /// Of one thread, and of all together: what is explored grows with every one.
    private static final int MOST_CALLS = 3;
    private static final int MOST_OF_ALL = 4;
    private static final String ERRNO = " int e# = r# < 0 ? errno : 0;";

    private final String fileSystem;

    ThreadedGenerator(String fileSystem) {
        this.fileSystem = fileSystem;
    }

    /// {@return the program of a seed}
    ThreadedProgram program(long seed, int threads) {
        return new Draft(new SplittableRandom(seed)).program(threads);
    }

    private final class Draft {
        private final SplittableRandom random;
        private boolean transfersFromMapping;

        Draft(SplittableRandom random) {
            this.random = random;
        }

        ThreadedProgram program(int threads) {
            transfersFromMapping = random.nextInt(3) == 0;
            Mapping mapping = Mapping.values()[random.nextInt(Mapping.values().length)];
            File file = new File(oneOf(0, PAGE, 2 * PAGE, 2 * PAGE, 2 * PAGE, 3 * PAGE, PAGE + 512), random.nextInt(4) == 0);
            List<List<Action>> all = new ArrayList<>();
            int left = MOST_OF_ALL;
            for (int i = 0; i < threads; i++) {
                int most = Math.min(MOST_CALLS, left - (threads - 1 - i));
                List<Action> actions = new ArrayList<>();
                for (int count = 1 + random.nextInt(most); count > 0; count--) {
                    actions.add(action());
                }
                left -= actions.size();
                all.add(actions);
            }
            return new ThreadedProgram(file, mapping, all);
        }

        private long oneOf(long... values) {
            return values[random.nextInt(values.length)];
        }

        private String oneOf(String... values) {
            return values[random.nextInt(values.length)];
        }

        private Action action() {
            return switch (random.nextInt(18)) {
                case 0, 1, 2 -> transfer("pread");
                case 3, 4, 5 -> transfer("pwrite");
                case 6 -> transfer("read");
                case 7 -> transfer("write");
                case 8, 9 -> load();
                case 10, 11 -> store();
                case 12, 13 -> call("ftruncate", "fd, " + oneOf(0, PAGE, 2 * PAGE, 3 * PAGE));
                case 14 -> call(oneOf("fsync", "fdatasync"), oneOf("fd", "direct"));
                case 15 -> call("lseek", "fd, 0, " + oneOf("SEEK_CUR", "SEEK_END"));
                case 16 -> fileSystem.equals("tmpfs") ? punch() : call("msync", "p, 8192, MS_SYNC");
                default -> changesMemory();
            };
        }

        private Action call(String name, String arguments) {
            return new Action(name, "long r# = " + name + "(" + arguments + ");" + ERRNO, List.of("r#", "e#"), false);
        }

        private Action punch() {
            return call("fallocate", "fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, " + oneOf(0, PAGE) + ", "
                    + oneOf(PAGE, 2 * PAGE));
        }

        private Action changesMemory() {
            if (transfersFromMapping) {
                return call("msync", "p, 8192, MS_SYNC");
            }
            String range = "p" + oneOf("", " + 4096") + ", 4096";
            return switch (random.nextInt(4)) {
                case 0 -> call("munmap", range);
                case 1 -> call("mprotect", range + ", " + oneOf("PROT_NONE", "PROT_READ", "PROT_READ | PROT_WRITE"));
                default -> call("madvise", range + ", MADV_DONTNEED");
            };
        }

        private Action load() {
            return new Action("load", "char c# = p[" + oneOf(0, PAGE) + "];", List.of("c#"), false);
        }

        private Action store() {
            return new Action("store", "p[" + oneOf(0, PAGE) + "] = '" + (char) ('A' + random.nextInt(20)) + "';",
                    List.of(), false);
        }

        private Action transfer(String name) {
            boolean mapped = transfersFromMapping && random.nextInt(2) == 0;
            String memory = mapped ? "p" : "b#";
            String descriptor = oneOf("fd", "fd", "direct", "appending");
            String position = name.startsWith("p") ? ", " + oneOf(0, 0, PAGE, 2 * PAGE) : "";
            String code = "long r# = " + name + "(" + descriptor + ", " + memory + ", " + oneOf(PAGE, 2 * PAGE) + position + ");"
                    + ERRNO;
            boolean reads = name.endsWith("read");
            return mapped || !reads ? new Action(name, code, List.of("r#", "e#"), !mapped)
                    : new Action(name, code + " char c# = b#[0]; char d# = b#[4096];", List.of("r#", "e#", "c#", "d#"), true);
        }
    }
}
