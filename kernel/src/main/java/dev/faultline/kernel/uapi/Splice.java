package dev.faultline.kernel.uapi;

/// Flags of splice(2) and its kin.
public final class Splice {
    public static final int SPLICE_F_NONBLOCK = 2;
    public static final int SPLICE_F_GIFT = 8;
    public static final int SPLICE_F_ALL = 15;

    private Splice() {}
}
