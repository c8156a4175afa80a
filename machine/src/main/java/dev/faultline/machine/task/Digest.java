package dev.faultline.machine.task;

/// A 128-bit additive digest of a set of hashed parts: a part can be taken out again.
public final class Digest {
    private long low;
    private long high;

    Digest() {}

    void add(long low, long high) {
        this.low += low;
        this.high += high;
    }

    void remove(long low, long high) {
        this.low -= low;
        this.high -= high;
    }

    long low() {
        return low;
    }

    long high() {
        return high;
    }

    /// {@return a hash of two words in which every bit of each counts}
    public static long mix(long a, long b) {
        long h = (a ^ (b * 0xff51afd7ed558ccdL)) + 0x9e3779b97f4a7c15L;
        h = (h ^ (h >>> 30)) * 0xbf58476d1ce4e5b9L;
        h = (h ^ (h >>> 27)) * 0x94d049bb133111ebL + b;
        return h ^ (h >>> 31);
    }
}
