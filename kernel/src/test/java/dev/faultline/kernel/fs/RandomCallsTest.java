package dev.faultline.kernel.fs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.fs.ntfs3.Ntfs3;
import dev.faultline.kernel.fs.ramfs.Ramfs;
import dev.faultline.kernel.uapi.Fcntl;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Random programs, one call after the other, against a file that is an array: every count and every byte.
class RandomCallsTest {
    private static final int MOST_BYTES = 5 * 4096;
    private static final int CALLS = 40;
    private static final int PROGRAMS = 60;

    @Test
    void ext4KeepsWhatIsWritten() {
        for (int seed = 0; seed < PROGRAMS; seed++) {
            check(Sandbox.ext4(), 1, seed);
        }
    }

    @Test
    void btrfsKeepsWhatIsWrittenWithChecksumsAndWithout() {
        for (int seed = 0; seed < PROGRAMS; seed++) {
            check(Sandbox.btrfs(seed % 2 == 0), 1, seed);
        }
    }

    @Test
    void tmpfsKeepsWhatIsWritten() {
        for (int seed = 0; seed < PROGRAMS; seed++) {
            check(Sandbox.tmpfs(OptionalLong.empty()), 1, seed, false);
        }
    }

    @Test
    void ramfsKeepsWhatIsWritten() {
        for (int seed = 0; seed < PROGRAMS; seed++) {
            check(Sandbox.ramfs(), 1, seed, false);
        }
    }

    @Test
    void xfsKeepsWhatIsWritten() {
        for (int seed = 0; seed < PROGRAMS; seed++) {
            check(Sandbox.xfs(), 1, seed);
        }
    }

    @Test
    void f2fsKeepsWhatIsWritten() {
        for (int seed = 0; seed < PROGRAMS; seed++) {
            check(Sandbox.f2fs(), 1, seed);
        }
    }

    @Test
    void ntfs3KeepsWhatIsWritten() {
        for (int seed = 0; seed < PROGRAMS; seed++) {
            check(Sandbox.ntfs3(), 1, seed);
        }
    }

    @Test
    void gfs2KeepsWhatIsWritten() {
        for (int seed = 0; seed < PROGRAMS; seed++) {
            check(Sandbox.gfs2(1), 1, seed);
        }
    }

    @Test
    void gfs2ShowsEveryNodeWhatTheOthersWrote() {
        for (int seed = 0; seed < PROGRAMS; seed++) {
            check(Sandbox.gfs2(3), 3, seed);
        }
    }

    private static void check(Sandbox sandbox, int nodes, int seed) {
        check(sandbox, nodes, seed, true);
    }

    private static void check(Sandbox sandbox, int nodes, int seed, boolean writesBack) {
        sandbox.file("/mnt/f", 6000, 'a');
        assertEquals(List.of(), sandbox.run(() -> new Run(sandbox, nodes, seed, writesBack).run()), "seed " + seed);
    }

    /// One program: the file as it must be, and the processes that use it.
    private static final class Run {
        private final SplittableRandom random;
        private final String seed;
        private final boolean writesBack;
        private final boolean storesNeedValidBytes;
        private final List<User> users = new ArrayList<>();
        private byte[] expected = new byte[6000];

        Run(Sandbox sandbox, int nodes, int seed, boolean writesBack) {
            boolean canBeDirect = !(sandbox.mounted().getFirst() instanceof Ramfs);
            this.writesBack = writesBack;
            this.storesNeedValidBytes = sandbox.mounted().getFirst() instanceof Ntfs3;
            this.random = new SplittableRandom(seed);
            this.seed = "seed " + seed;
            Arrays.fill(expected, (byte) 'a');
            for (int node = 1; node <= nodes; node++) {
                users.add(new User(sandbox.program(node), canBeDirect));
            }
        }

        /// A process with the file open in two ways, mapped, and a buffer.
        private static final class User {
            final Sandbox.Program program;
            final int buffered;
            final int direct;
            final long mapping;
            final long buffer;

            User(Sandbox.Program program, boolean canBeDirect) {
                this.program = program;
                this.buffered = program.open("/mnt/f", 0);
                this.direct = program.open("/mnt/f", canBeDirect ? Fcntl.O_DIRECT : 0);
                this.mapping = program.shared(buffered, MOST_BYTES);
                this.buffer = program.anonymous(MOST_BYTES);
            }
        }

        void run() {
            for (int call = 0; call < CALLS; call++) {
                User user = users.get(random.nextInt(users.size()));
                switch (random.nextInt(9)) {
                    case 0 -> write(user, user.buffered, random.nextInt(9000), 1 + random.nextInt(6000), user.buffer);
                    case 1 -> write(user, user.direct, 512 * random.nextInt(18), 512 * (1 + random.nextInt(12)), user.buffer);
                    case 2 -> read(user, user.buffered, random.nextInt(12000), 1 + random.nextInt(6000));
                    case 3 -> read(user, user.direct, 512 * random.nextInt(24), 512 * (1 + random.nextInt(12)));
                    case 4 -> store(user);
                    case 5 -> load(user);
                    case 6 -> truncate(user);
                    case 7 -> storeBehindTheEnd(user);
                    default -> user.program.must("fsync", user.buffered);
                }
            }
            read(users.getFirst(), users.getFirst().buffered, 0, MOST_BYTES);
        }

        private void write(User user, int fd, int pos, int length, long from) {
            int value = 1 + random.nextInt(100);
            user.program.fill(from, length, value);
            assertEquals(length, user.program.must("pwrite", fd, from, length, pos), seed);
            if (pos + length > expected.length) {
                expected = Arrays.copyOf(expected, pos + length);
            }
            Arrays.fill(expected, pos, pos + length, (byte) value);
        }

        private void read(User user, int fd, int pos, int length) {
            int count = Math.max(0, Math.min(length, expected.length - pos));
            assertEquals(count, user.program.must("pread", fd, user.buffer, length, pos), seed);
            for (int i = 0; i < count; i++) {
                assertEquals(expected[pos + i], (byte) user.program.load(user.buffer + i), seed + ", byte " + (pos + i));
            }
        }

        private void store(User user) {
            if (expected.length > 0) {
                int pos = random.nextInt(expected.length);
                int value = 1 + random.nextInt(100);
                user.program.store(user.mapping + pos, value);
                expected[pos] = (byte) value;
            }
        }

        /// Bytes of the last page that are not the file's: gone once the page was written. On tmpfs they stay.
        private void storeBehindTheEnd(User user) {
            if (expected.length % 4096 != 0 && writesBack) {
                user.program.store(user.mapping + expected.length, 99);
                user.program.must("fsync", user.buffered);
            }
        }

        private void load(User user) {
            if (expected.length > 0) {
                int pos = random.nextInt(expected.length);
                assertEquals(expected[pos], (byte) user.program.load(user.mapping + pos), seed + ", byte " + pos);
            }
        }

        /// On ntfs3 the file grows by a write: a store behind what was written shows what somebody left before it, see
        /// docs/findings.md.
        private void truncate(User user) {
            int size = random.nextInt(12000);
            if (storesNeedValidBytes && size > expected.length) {
                user.program.fill(user.buffer, 1, 0);
                user.program.must("pwrite", user.buffered, user.buffer, 1, size - 1);
                expected = Arrays.copyOf(expected, size);
                return;
            }
            user.program.must("ftruncate", user.buffered, size);
            expected = Arrays.copyOf(expected, size);
        }
    }
}
