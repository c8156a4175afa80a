package dev.faultline.kernel.uapi;

/// Numbers and layouts of `<linux/fuse.h>`; lengths and offsets in bytes.
public final class FuseAbi {
    public static final int SETATTR = 4;
    public static final int READ = 15;
    public static final int WRITE = 16;

    /// `FUSE_WRITE_CACHE`: the data is from the page cache, and not of the request's task.
    public static final int WRITE_CACHE = 1;
    /// `FATTR_SIZE`.
    public static final int ATTR_SIZE = 1 << 3;

    public static final int IN_HEADER_BYTES = 40;
    public static final int OUT_HEADER_BYTES = 16;
    /// `struct fuse_read_in` and `struct fuse_write_in`.
    public static final int TRANSFER_IN_BYTES = 40;
    public static final int WRITE_OUT_BYTES = 8;
    public static final int SETATTR_IN_BYTES = 88;
    public static final int ATTR_OUT_BYTES = 104;
    /// Where in `struct fuse_attr_out` the size is.
    public static final int ATTR_OUT_SIZE_OFFSET = 24;
    /// No server may read requests into less.
    public static final int MIN_READ_BUFFER_BYTES = 8192;
    /// Requests are numbered in steps.
    public static final int REQUEST_ID_STEP = 2;

    private FuseAbi() {}
}
