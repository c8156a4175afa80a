package dev.faultline.kernel.fs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.SysResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Random requests with several ranges of memory, some empty, some of which end early; appended, made durable at once, into
/// holes and onto blocks that are only allocated; held against a file that is an array. In the end the disk holds it too.
class RandomRequestsTest {
    private static final int PAGE = 4096;
    private static final int PROGRAMS = 40;
    private static final int CALLS = 25;
    private static final int LONGEST = 8 * PAGE;
    private static final int DSYNC = 2;

    /// File systems, and what they can do.
    private enum On {
        EXT4, XFS, BTRFS, F2FS, GFS2, TMPFS, RAMFS, NTFS3;

        Sandbox sandbox() {
            return switch (this) {
                case EXT4 -> Sandbox.ext4();
                case XFS -> Sandbox.xfs();
                case BTRFS -> Sandbox.btrfs(true);
                case F2FS -> Sandbox.f2fs();
                case GFS2 -> Sandbox.gfs2(1);
                case TMPFS -> Sandbox.tmpfs(OptionalLong.empty());
                case RAMFS -> Sandbox.ramfs();
                case NTFS3 -> Sandbox.ntfs3();
            };
        }

        boolean allocates() {
            return this != RAMFS && this != NTFS3;
        }

        boolean hasDisk() {
            return this != RAMFS && this != TMPFS;
        }

        /// btrfs wants the memory of a whole page; ntfs3 has made clusters for all of it by then, see docs/findings.md.
        boolean writesWhatIsThere() {
            return this != BTRFS && this != NTFS3;
        }

        boolean zeroes() {
            return this == EXT4 || this == XFS || this == BTRFS || this == F2FS;
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFileIsWhatWasWrittenToIt(On on) {
        for (int seed = 0; seed < PROGRAMS; seed++) {
            Sandbox sandbox = on.sandbox();
            sandbox.file("/mnt/f", 6000, 'a');
            int number = seed;
            assertEquals(List.of(), sandbox.run(() -> new Run(on, sandbox, number).run()), "seed " + seed);
        }
    }

    /// Memory of which the bytes are known, with nothing behind it.
    private record Memory(long address, byte[] bytes) {
        static Memory of(Sandbox.Program program, int lengthBytes, int salt) {
            long address = program.anonymous(lengthBytes + PAGE);
            program.must("munmap", address + lengthBytes, PAGE);
            byte[] bytes = new byte[lengthBytes];
            for (int i = 0; i < lengthBytes; i++) {
                bytes[i] = (byte) (1 + (i * 7 + i / PAGE * 31 + salt) % 120);
                if (i % 8 == 7) {
                    program.store(address + i - 7, 8, number(bytes, i - 7));
                }
            }
            return new Memory(address, bytes);
        }

        private static long number(byte[] bytes, int at) {
            long number = 0;
            for (int i = 7; i >= 0; i--) {
                number = number << 8 | bytes[at + i] & 0xff;
            }
            return number;
        }
    }

    /// Part of a memory, perhaps beyond its end.
    private record Range(Memory memory, int offset, int lengthBytes) {
        int there() {
            return Math.max(0, Math.min(lengthBytes, memory.bytes().length - offset));
        }

        boolean ends() {
            return there() < lengthBytes;
        }
    }

    private static final class Run {
        private final On on;
        private final Sandbox.Program program;
        private final SplittableRandom random;
        private final String seed;
        private final int cached;
        private final int appending;
        private final int direct;
        private final long vector;
        private final Memory source;
        private final Memory target;
        private final Inode inode;
        private byte[] expected = new byte[6000];

        Run(On on, Sandbox sandbox, int seed) {
            this.on = on;
            this.program = sandbox.program(1);
            this.inode = sandbox.mounted().getFirst().inodes().getFirst();
            this.random = new SplittableRandom(seed);
            this.seed = on + ", seed " + seed;
            this.cached = program.open("/mnt/f", 0);
            this.appending = program.open("/mnt/f", Fcntl.O_APPEND);
            this.direct = program.open("/mnt/f", on == On.RAMFS ? 0 : Fcntl.O_DIRECT);
            this.vector = program.anonymous(PAGE);
            this.source = Memory.of(program, 3 * PAGE, seed);
            this.target = Memory.of(program, 4 * PAGE, 0);
            Arrays.fill(expected, (byte) 'a');
        }

        void run() {
            for (int call = 0; call < CALLS; call++) {
                switch (random.nextInt(10)) {
                    case 0, 1 -> write(cached, place(), ranges(source, 1), 0);
                    case 2 -> write(cached, random.nextInt(expected.length + 1), ranges(source, 1), DSYNC);
                    case 3 -> write(appending, expected.length, ranges(source, 1), random.nextInt(2) * DSYNC);
                    case 4 -> write(direct, 512 * random.nextInt(expected.length / 512 + 5), whole(ranges(source, 512)), 0);
                    case 5, 6 -> read(cached, random.nextInt(expected.length + 2000), ranges(target, 1));
                    case 7 -> read(direct, 512 * random.nextInt(expected.length / 512 + 2), whole(ranges(target, 512)));
                    case 8 -> allocate();
                    default -> truncate();
                }
                assertEquals(expected.length, program.must("lseek", cached, 0, Fcntl.SEEK_END), seed);
            }
            program.must("fsync", cached);
            List<Range> all = List.of(new Range(target, 0, 4 * PAGE));
            for (int pos = 0; pos < expected.length; pos += 4 * PAGE) {
                read(cached, pos, all);
                read(direct, pos, all);
            }
            readFromAPipeIntoNewMemory();
        }

        private int place() {
            return random.nextInt(3) == 0 ? PAGE * random.nextInt(expected.length / PAGE + 2) : random.nextInt(expected.length + 5000);
        }

        /// Faults are handled again once a request is over.
        private void readFromAPipeIntoNewMemory() {
            program.must("pipe", vector);
            int[] ends = {program.load(vector), program.load(vector + 4)};
            assertEquals(10, program.must("write", ends[1], source.address(), 10));
            long memory = program.anonymous(PAGE);
            assertEquals(10, program.must("read", ends[0], memory, 10), seed);
            assertEquals(source.bytes()[9], (byte) program.load(memory + 9), seed);
        }

        /// Ranges that do not overlap, all in multiples of `unit` bytes.
        private List<Range> ranges(Memory memory, int unit) {
            List<Range> ranges = new ArrayList<>();
            int at = unit * random.nextInt(1000 / unit + 1);
            if (random.nextInt(10) == 0) {
                return List.of(new Range(memory, memory.bytes().length - random.nextInt(2) * PAGE, 2 * PAGE)); // ends at once
            }
            int number = 1 + random.nextInt(4);
            for (int i = 0; i < number; i++) {
                int length = random.nextInt(5) == 0 ? 0 : unit * (1 + random.nextInt((i == 0 ? 9000 : 4000) / unit));
                ranges.add(new Range(memory, at, length));
                at += length + (random.nextInt(3) == 0 ? unit * random.nextInt(1000 / unit + 1) : 0);
            }
            return ranges;
        }

        /// Those that are there as a whole: direct I/O is all or nothing on most file systems.
        private List<Range> whole(List<Range> ranges) {
            return ranges.stream().filter(range -> !range.ends()).toList();
        }

        private void write(int fd, int pos, List<Range> ranges, int flags) {
            int there = there(ranges);
            boolean ends = ranges.stream().anyMatch(Range::ends);
            if (ranges.isEmpty() || pos + there > LONGEST || ends && (pos > expected.length || !on.writesWhatIsThere())) {
                return; // a write of nothing behind the end moves it on some file systems
            }
            SysResult result = program.call("pwritev2", fd, array(ranges), ranges.size(), pos, flags);
            assertEquals(ends && there == 0 ? SysResult.err(Errno.EFAULT) : SysResult.ok(there), result, seed);
            if (there > 0) {
                expected = Arrays.copyOf(expected, Math.max(expected.length, pos + there));
            }
            if (there > 0 && (flags == DSYNC || fd == direct) && on.hasDisk()) {
                assertClean(pos, pos + there - 1);
            }
            int at = pos;
            for (Range range : ranges) {
                int part = Math.min(range.there(), pos + there - at);
                if (part > 0) {
                    System.arraycopy(range.memory().bytes(), range.offset(), expected, at, part);
                    at += part;
                }
            }
        }

        /// What was written durably, or directly, is not left to be written.
        private void assertClean(int start, int last) {
            AddressSpace mapping = inode.mapping();
            for (int index = start / PAGE; index <= last / PAGE; index++) {
                boolean dirty = mapping.peek(index).map(page -> (page.flags().peek() & Folio.DIRTY) != 0).orElse(false);
                assertEquals(false, dirty, seed + ", page " + index);
            }
        }

        /// The bytes up to the first that is not there.
        private static int there(List<Range> ranges) {
            int there = 0;
            for (Range range : ranges) {
                there += range.there();
                if (range.ends()) {
                    break;
                }
            }
            return there;
        }

        private long array(List<Range> ranges) {
            for (int i = 0; i < ranges.size(); i++) {
                Range range = ranges.get(i);
                program.store(vector + 16L * i, 8, range.memory().address() + range.offset());
                program.store(vector + 16L * i + 8, 8, range.lengthBytes());
            }
            return vector;
        }

        private void read(int fd, int pos, List<Range> ranges) {
            int wanted = ranges.stream().mapToInt(Range::lengthBytes).sum();
            int inside = Math.min(wanted, Math.max(0, expected.length - pos));
            int count = Math.min(inside, there(ranges));
            if (ranges.isEmpty()) {
                return;
            }
            SysResult result = program.call("preadv", fd, array(ranges), ranges.size(), pos);
            assertEquals(count == 0 && inside > 0 ? SysResult.err(Errno.EFAULT) : SysResult.ok(count), result, seed);
            int at = pos;
            for (Range range : ranges) {
                int part = Math.min(range.there(), pos + count - at);
                for (int i = 0; i < part; i += i < 3 || i > part - 4 || (at + i) % PAGE > PAGE - 3 ? 1 : step(part - 3 - i)) {
                    assertEquals(expected[at + i], (byte) program.load(range.memory().address() + range.offset() + i),
                            seed + ", byte " + (at + i));
                }
                at += part;
            }
        }

        private int step(int most) {
            return 1 + random.nextInt(Math.max(1, Math.min(most, 500)));
        }

        private void allocate() {
            if (!on.allocates()) {
                return;
            }
            int start = random.nextInt(expected.length + 1000);
            int length = 1 + random.nextInt(9000);
            int end = Math.min(expected.length, start + length);
            int what = random.nextInt(on.zeroes() ? 4 : 3);
            if (what < 2 && start + length < LONGEST) {
                program.must("fallocate", cached, what == 0 ? 0 : Fcntl.FALLOC_FL_KEEP_SIZE, start, length);
                expected = what == 0 ? Arrays.copyOf(expected, Math.max(expected.length, start + length)) : expected;
            } else if (what >= 2) {
                int mode = what == 2 ? Fcntl.FALLOC_FL_PUNCH_HOLE : Fcntl.FALLOC_FL_ZERO_RANGE;
                program.must("fallocate", cached, mode | Fcntl.FALLOC_FL_KEEP_SIZE, start, length);
                Arrays.fill(expected, Math.min(start, end), end, (byte) 0);
            }
        }

        private void truncate() {
            int size = 1 + random.nextInt(Math.min(LONGEST, on == On.NTFS3 ? expected.length : expected.length + 6000));
            program.must("ftruncate", cached, size);
            expected = Arrays.copyOf(expected, size);
        }
    }
}
