package dev.faultline.history.btrfs;

/// Direct I/O from v5.16 to v6.11: a read holds the lock of its range until it is over.
public class BtrfsDirectV611 extends BtrfsDirectV614 {
    /// The form.
    public BtrfsDirectV611() {}

    @Override
    protected boolean readsHoldTheExtentLock() {
        return true;
    }
}
