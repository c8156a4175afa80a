package dev.faultline.litmus.run;

import dev.faultline.kernel.mm.UserAccess;

/// The memory of the program as a body accesses it.
final class ProgramMemory {
    private final Frame frame;
    private final UserAccess access;

    ProgramMemory(Frame frame, UserAccess access) {
        this.frame = frame;
        this.access = access;
    }

    /// {@return the bytes at an address}
    long load(long address, int sizeBytes) {
        return frame.effect(() -> access.load(address, sizeBytes));
    }

    /// {@return the tag of the granule at an address}
    int getTag(long address) {
        return (int) frame.effect(() -> access.getTag(address));
    }

    /// Gives the granule at an address a tag.
    void setTag(long address, int tag) {
        frame.effect(() -> {
            access.setTag(address, tag);
            return 0;
        });
    }

    /// Writes the low bytes of a value to an address.
    void store(long address, int sizeBytes, long value) {
        frame.effect(() -> {
            access.store(address, sizeBytes, value);
            return 0;
        });
    }
}
