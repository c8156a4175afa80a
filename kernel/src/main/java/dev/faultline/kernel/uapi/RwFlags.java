package dev.faultline.kernel.uapi;

/// The flags of preadv2, pwritev2 and `aio_rw_flags` (include/uapi/linux/fs.h).
public final class RwFlags {
    public static final int RWF_DSYNC = 2;
    public static final int RWF_SYNC = 4;
    public static final int RWF_NOWAIT = 8;
    public static final int RWF_APPEND = 0x10;
    public static final int RWF_NOAPPEND = 0x20;
    public static final int RWF_ATOMIC = 0x40;
    public static final int RWF_DONTCACHE = 0x80;
    /// All that Linux knows: RWF_HIPRI and RWF_NOSIGNAL are of no consequence for files.
    public static final int RWF_SUPPORTED = 0x1ff;

    private RwFlags() {}
}
