package dev.faultline.kernel.uapi;

/// Constants of `<linux/btrfs.h>`.
public final class BtrfsUapi {
    public static final long IOC_TREE_SEARCH = 0xd000_9411L;
    public static final long IOC_TREE_SEARCH_V2 = 0xc070_9411L;

    private BtrfsUapi() {}
}
