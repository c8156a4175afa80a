package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import java.util.Optional;

/// Structs of 64-bit words in user memory, copied in and out as a whole. Copies may fault and sleep.
public final class UserStruct {
    private static final int WORD = 8;

    private UserStruct() {}

    /// {@return that many words at `address`; empty if they cannot be read}
    public static Optional<long[]> read(UserAccess access, long address, int words) {
        Content bytes = new Content((byte) 0);
        int length = words * WORD;
        int head = head(address, length);
        if (access.copyFromUser(bytes, 0, address, head) != 0
                || head < length && access.copyFromUser(bytes, head, address + head, length - head) != 0) {
            return Optional.empty();
        }
        long[] values = new long[words];
        for (int i = 0; i < words; i++) {
            values[i] = bytes.load(i * WORD, WORD);
        }
        return Optional.of(values);
    }

    /// {@return whether the words could be written to `address`}
    public static boolean write(UserAccess access, long address, long... values) {
        Content bytes = new Content((byte) 0);
        for (int i = 0; i < values.length; i++) {
            bytes.store(i * WORD, WORD, values[i]);
        }
        int length = values.length * WORD;
        int head = head(address, length);
        return access.copyToUser(address, bytes, 0, head) == 0
                && (head == length || access.copyToUser(address + head, bytes, head, length - head) == 0);
    }

    private static int head(long address, int length) {
        return Math.min(length, Content.SIZE - (int) (address & Content.SIZE - 1));
    }
}
