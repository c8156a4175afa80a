package dev.faultline.kernel.uapi;

/// Constants of `<linux/userfaultfd.h>`.
public final class Uffd {
    public static final long API = 0xaa;
    public static final int USER_MODE_ONLY = 1;

    public static final long IOC_NEW = 0xaa00;
    public static final long IOC_API = 0xc018_aa3fL;
    public static final long IOC_REGISTER = 0xc020_aa00L;
    public static final long IOC_UNREGISTER = 0x8010_aa01L;
    public static final long IOC_WAKE = 0x8010_aa02L;
    public static final long IOC_COPY = 0xc028_aa03L;
    public static final long IOC_ZEROPAGE = 0xc020_aa04L;
    public static final long IOC_MOVE = 0xc028_aa05L;
    public static final long IOC_WRITEPROTECT = 0xc018_aa06L;
    public static final long IOC_CONTINUE = 0xc020_aa07L;
    public static final long IOC_POISON = 0xc020_aa08L;

    public static final long FEATURE_PAGEFAULT_FLAG_WP = 1;
    public static final long FEATURE_EVENT_FORK = 1 << 1;
    public static final long FEATURE_EVENT_REMAP = 1 << 2;
    public static final long FEATURE_EVENT_REMOVE = 1 << 3;
    public static final long FEATURE_MISSING_HUGETLBFS = 1 << 4;
    public static final long FEATURE_MISSING_SHMEM = 1 << 5;
    public static final long FEATURE_EVENT_UNMAP = 1 << 6;
    public static final long FEATURE_SIGBUS = 1 << 7;
    public static final long FEATURE_THREAD_ID = 1 << 8;
    public static final long FEATURE_MINOR_HUGETLBFS = 1 << 9;
    public static final long FEATURE_MINOR_SHMEM = 1 << 10;
    public static final long FEATURE_EXACT_ADDRESS = 1 << 11;
    public static final long FEATURE_WP_HUGETLBFS_SHMEM = 1 << 12;
    public static final long FEATURE_WP_UNPOPULATED = 1 << 13;
    public static final long FEATURE_POISON = 1 << 14;
    public static final long FEATURE_WP_ASYNC = 1 << 15;
    public static final long FEATURE_MOVE = 1 << 16;
    public static final long FEATURES = (1 << 17) - 1;

    public static final long REGISTER_MODE_MISSING = 1;
    public static final long REGISTER_MODE_WP = 1 << 1;
    public static final long REGISTER_MODE_MINOR = 1 << 2;

    /// Of COPY, ZEROPAGE, CONTINUE, POISON and MOVE: waiters are not woken.
    public static final long MODE_DONTWAKE = 1;

    /// Of COPY and CONTINUE: what is mapped is write-protected.
    public static final long MODE_WP = 1 << 1;

    public static final long WRITEPROTECT_MODE_WP = 1;
    public static final long WRITEPROTECT_MODE_DONTWAKE = 1 << 1;
    public static final long MOVE_MODE_ALLOW_SRC_HOLES = 1 << 1;

    public static final int EVENT_PAGEFAULT = 0x12;
    public static final int EVENT_FORK = 0x13;
    public static final int EVENT_REMAP = 0x14;
    public static final int EVENT_REMOVE = 0x15;
    public static final int EVENT_UNMAP = 0x16;

    public static final long PAGEFAULT_FLAG_WRITE = 1;
    public static final long PAGEFAULT_FLAG_WP = 1 << 1;
    public static final long PAGEFAULT_FLAG_MINOR = 1 << 2;

    /// The size of a `struct uffd_msg`, in bytes.
    public static final int MSG_BYTES = 32;

    private Uffd() {}

    /// {@return the bit that says that a command is available}
    public static long available(long command) {
        return 1L << (command & 0xff);
    }
}
