package dev.faultline.kernel.lib;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/// A page's worth of bytes. Kept as one fill byte as long as all are equal, so that copying whole pages
/// costs nothing.
public final class Content {
    /// The size of a page and of a file-system block, in bytes.
    public static final int SIZE = 4096;

    /// {@return how many pages that many bytes take; no overflow}
    public static long pages(long bytes) {
        return bytes / SIZE + (bytes % SIZE == 0 ? 0 : 1);
    }

    private static final VarHandle WORDS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final byte[] NO_BYTES = new byte[0];

    private byte[] bytes = NO_BYTES;
    private byte fill;

    /// Bytes that are all `fill`.
    public Content(byte fill) {
        this.fill = fill;
    }

    /// {@return the byte at `offset`}
    public byte get(int offset) {
        return bytes.length == 0 ? fill : bytes[offset];
    }

    /// {@return the `lengthBytes` ≤ 8 bytes at `offset` as a little-endian number, zero-extended}
    public long load(int offset, int lengthBytes) {
        long value = 0;
        for (int i = lengthBytes - 1; i >= 0; i--) {
            value = value << 8 | get(offset + i) & 0xff;
        }
        return value;
    }

    /// Puts the low `lengthBytes` ≤ 8 bytes of `value` at `offset`, little-endian.
    public void store(int offset, int lengthBytes, long value) {
        byte[] own = materialised();
        for (int i = 0; i < lengthBytes; i++) {
            own[offset + i] = (byte) (value >>> 8 * i);
        }
    }

    /// Makes `lengthBytes` bytes from `offset` on equal to `value`.
    public void fill(int offset, int lengthBytes, byte value) {
        if (lengthBytes == SIZE) {
            bytes = NO_BYTES;
            fill = value;
        } else if (bytes.length != 0 || value != fill) {
            Arrays.fill(materialised(), offset, offset + lengthBytes, value);
        }
    }

    /// Copies `lengthBytes` bytes of `source` from `sourceOffset` on to `offset`.
    public void copy(int offset, Content source, int sourceOffset, int lengthBytes) {
        if (source.bytes.length == 0) {
            fill(offset, lengthBytes, source.fill);
        } else if (lengthBytes > 0) {
            System.arraycopy(source.bytes, sourceOffset, materialised(), offset, lengthBytes);
        }
    }

    private byte[] materialised() {
        if (bytes.length == 0) {
            bytes = new byte[SIZE];
            if (fill != 0) {
                Arrays.fill(bytes, fill);
            }
        }
        return bytes;
    }

    /// {@return a hash of the bytes, whichever way they are kept; 0 for zeroes}
    public long hash() {
        if (bytes.length == 0) {
            return fill == 0 ? 0 : uniformHash(fill);
        }
        if (Arrays.mismatch(bytes, 0, SIZE - 1, bytes, 1, SIZE) < 0) {
            return bytes[0] == 0 ? 0 : uniformHash(bytes[0]);
        }
        long hash = 1;
        for (int i = 0; i < SIZE; i += Long.BYTES) {
            hash = (hash ^ (long) WORDS.get(bytes, i)) * 0x9e3779b97f4a7c15L;
            hash ^= hash >>> 32;
        }
        return hash;
    }

    private static long uniformHash(byte value) {
        return (value & 0xff) * 0x9e3779b97f4a7c15L + 0x1234567;
    }

    /// {@return the mask of the 64-byte pieces that a range touches, one bit each}
    public static long pieces(int offset, int lengthBytes) {
        if (lengthBytes <= 0) {
            return 0;
        }
        int first = offset >> 6;
        int last = offset + lengthBytes - 1 >> 6;
        return (-1L << first) & (-1L >>> 63 - last);
    }
}
