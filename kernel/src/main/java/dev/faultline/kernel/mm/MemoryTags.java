package dev.faultline.kernel.mm;

import dev.faultline.kernel.arch.Architecture;
import dev.faultline.kernel.lib.Content;
import dev.faultline.machine.task.Digest;

/// The tags of a page of memory, one for each granule; all 0 at first. Part of [FolioData]: read and changed within
/// steps that are announced as accesses to its bytes.
public final class MemoryTags {
    private static final int SMALLEST_GRANULE = 16;
    private static final byte[] NONE = new byte[0];

    private byte[] tags = NONE;

    /// {@return the tag of the byte at `offset`}
    public int get(int offset) {
        return tags.length == 0 ? 0 : tags[offset / SMALLEST_GRANULE];
    }

    /// Gives the granule of the byte at `offset` a tag.
    public void set(Architecture architecture, int offset, int tag) {
        if (tags.length == 0) {
            tags = new byte[Content.SIZE / SMALLEST_GRANULE];
        }
        int granule = architecture.granuleBytes();
        int first = offset / granule * granule;
        for (int at = first; at < first + granule; at += SMALLEST_GRANULE) {
            tags[at / SMALLEST_GRANULE] = (byte) tag;
        }
    }

    /// {@return how many of the `lengthBytes` bytes from `offset` on an access reaches before it meets a granule whose tag
    /// its address does not match}
    public int matching(Architecture architecture, int addressTag, int offset, int lengthBytes) {
        int end = offset + lengthBytes;
        for (int at = offset; at < end; at = (at / SMALLEST_GRANULE + 1) * SMALLEST_GRANULE) {
            if (!architecture.matches(addressTag, get(at))) {
                return at - offset;
            }
        }
        return lengthBytes;
    }

    /// Makes these tags equal to others.
    void copy(MemoryTags source) {
        tags = source.tags.length == 0 ? NONE : source.tags.clone();
    }

    /// Makes all tags 0.
    void clear() {
        tags = NONE;
    }

    long hash() {
        long hash = 0;
        for (int i = 0; i < tags.length; i++) {
            hash = tags[i] == 0 ? hash : Digest.mix(hash, i * 16L + tags[i]);
        }
        return hash;
    }
}
