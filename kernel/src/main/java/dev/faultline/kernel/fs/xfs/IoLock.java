package dev.faultline.kernel.fs.xfs;

import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.shared.RwSemaphore;

/// The lock of reads and writes of a file (XFS_IOLOCK, `i_rwsem`), as one write holds it.
final class IoLock {
    /// How it is held.
    enum Mode {
        /// With others.
        SHARED,
        /// Alone.
        EXCLUSIVE
    }

    private final RwSemaphore lock;
    private Mode mode;

    private IoLock(RwSemaphore lock, Mode mode) {
        this.lock = lock;
        this.mode = mode;
    }

    /// Waits for the lock.
    @Models(file = "fs/xfs/xfs_inode.c", symbol = "xfs_ilock")
    static IoLock take(XfsInode inode, Mode mode) {
        IoLock taken = new IoLock(inode.iRwsem(), mode);
        taken.down();
        return taken;
    }

    private void down() {
        if (isExclusive()) {
            lock.downWrite();
        } else {
            lock.downRead();
        }
    }

    boolean isExclusive() {
        return mode == Mode.EXCLUSIVE;
    }

    /// Gives the lock up if it is shared, and waits to have it alone: in between others may have come.
    void makeExclusive() {
        if (!isExclusive()) {
            release();
            mode = Mode.EXCLUSIVE;
            down();
        }
    }

    /// Lets others in, if they were kept out.
    @Models(file = "fs/xfs/xfs_inode.c", symbol = "xfs_ilock_demote")
    void demote() {
        if (isExclusive()) {
            lock.downgradeWrite();
            mode = Mode.SHARED;
        }
    }

    @Models(file = "fs/xfs/xfs_inode.c", symbol = "xfs_iunlock")
    void release() {
        if (isExclusive()) {
            lock.upWrite();
        } else {
            lock.upRead();
        }
    }
}
