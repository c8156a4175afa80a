package dev.faultline.litmus.run;

/// Loops over memory that the C library runs in user mode: 8 aligned bytes an access, other tasks may come
/// in between.
final class UserLoops {
    private UserLoops() {}

    /// {@return the bytes up to the next multiple of 8, at most `left`}
    private static int step(long address, long left) {
        return (int) Math.min(left, 8 - (address & 7));
    }

    static long memset(ProgramMemory memory, long target, long value, long lengthBytes) {
        long word = (value & 0xff) * 0x0101_0101_0101_0101L;
        for (long done = 0; done < lengthBytes; ) {
            int part = step(target + done, lengthBytes - done);
            memory.store(target + done, part, word);
            done += part;
        }
        return target;
    }

    static long memcpy(ProgramMemory memory, long target, long source, long lengthBytes) {
        for (long done = 0; done < lengthBytes; ) {
            int part = step(target + done, lengthBytes - done);
            memory.store(target + done, part, memory.load(source + done, part));
            done += part;
        }
        return target;
    }

    static long memcmp(ProgramMemory memory, long first, long second, long lengthBytes) {
        for (long done = 0; done < lengthBytes; ) {
            int part = step(first + done, lengthBytes - done);
            long a = memory.load(first + done, part);
            long b = memory.load(second + done, part);
            if (a != b) {
                int differing = Long.numberOfTrailingZeros(a ^ b) / 8 * 8;
                return Long.compare(a >>> differing & 0xff, b >>> differing & 0xff);
            }
            done += part;
        }
        return 0;
    }

    static void copyIn(ProgramMemory memory, long target, byte[] bytes) {
        for (int done = 0; done < bytes.length; ) {
            int part = step(target + done, bytes.length - done);
            long word = 0;
            for (int i = part - 1; i >= 0; i--) {
                word = word << 8 | bytes[done + i] & 0xff;
            }
            memory.store(target + done, part, word);
            done += part;
        }
    }
}
