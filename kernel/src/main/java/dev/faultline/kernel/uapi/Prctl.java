package dev.faultline.kernel.uapi;

/// Constants of `<sys/prctl.h>`.
public final class Prctl {
    public static final int PR_SET_TAGGED_ADDR_CTRL = 55;
    public static final int PR_GET_TAGGED_ADDR_CTRL = 56;
    public static final long PR_TAGGED_ADDR_ENABLE = 1;
    public static final long PR_MTE_TCF_SYNC = 1 << 1;
    public static final long PR_MTE_TCF_ASYNC = 1 << 2;
    public static final long PR_MTE_TAG_MASK = 0xffffL << 3;

    private Prctl() {}
}
