package dev.faultline.history.btrfs;

/// Direct I/O up to v5.15: page faults are handled in the middle of it, under the lock of the range or with an ordered
/// extent made.
public final class BtrfsDirectV515 extends BtrfsDirectV611 {
    /// The form.
    public BtrfsDirectV515() {}

    @Override
    protected boolean faultsInByHand() {
        return false;
    }
}
