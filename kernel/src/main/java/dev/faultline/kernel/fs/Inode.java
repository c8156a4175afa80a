package dev.faultline.kernel.fs;

import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.machine.shared.RwSemaphore;

/// A file as one kernel knows it (`struct inode`).
public interface Inode {
    /// {@return the cached pages and the size}
    AddressSpace mapping();

    /// {@return the lock of reads and writes of the file: held for writing by writers}
    RwSemaphore iRwsem();

    /// {@return what the file system does for open files}
    FileOperations operations();

    /// {@return how long the file can become, in bytes (`s_maxbytes`)}
    default long maxBytes() {
        return Long.MAX_VALUE;
    }
}
