package dev.faultline.kernel.fs;

import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.RwFlags;
import dev.faultline.kernel.uapi.SysResult;
import java.util.EnumSet;
import java.util.Optional;

/// One read or write request on its way (`struct kiocb`). Either whoever made it waits for it, or its end is told.
public final class Kiocb {
    private final OpenFile file;
    private long pos;
    private boolean direct;
    private boolean append;
    private boolean dsync;
    private boolean nowait;
    private final Descriptors descriptors;
    private final Optional<KiComplete> complete;

    /// A request for an open file at `pos`, with what the file was opened for.
    public Kiocb(OpenFile file, long pos) {
        this(file, pos, handedOut -> {
            throw new IllegalStateException("a request without a process");
        });
    }

    /// As [#Kiocb], by a process with those descriptors.
    public Kiocb(OpenFile file, long pos, Descriptors descriptors) {
        this(file, pos, descriptors, Optional.empty());
    }

    /// As [#Kiocb]; nobody waits for the request.
    ///
    /// @param complete who is told how it ended, where the file system answers -EIOCBQUEUED
    public Kiocb(OpenFile file, long pos, Descriptors descriptors, KiComplete complete) {
        this(file, pos, descriptors, Optional.of(complete));
    }

    private Kiocb(OpenFile file, long pos, Descriptors descriptors, Optional<KiComplete> complete) {
        this.descriptors = descriptors;
        this.complete = complete;
        this.file = file;
        this.pos = pos;
        this.direct = file.has(Fcntl.O_DIRECT);
        this.append = file.has(Fcntl.O_APPEND);
        this.dsync = file.has(Fcntl.O_DSYNC);
    }

    /// Adds what the program asks of this request alone.
    ///
    /// @param flags `RWF_*`
    /// @return -EOPNOTSUPP for what neither Linux nor the file system has; -EINVAL for what contradicts itself
    @Models(file = "include/linux/fs.h", symbol = "kiocb_set_rw_flags")
    public Optional<Errno> setRwFlags(int flags, boolean write) {
        EnumSet<FileMode> modes = inode().operations().modes();
        if ((flags & ~RwFlags.RWF_SUPPORTED) != 0) {
            return Optional.of(Errno.EOPNOTSUPP);
        }
        if (has(flags, RwFlags.RWF_APPEND) && has(flags, RwFlags.RWF_NOAPPEND)) {
            return Optional.of(Errno.EINVAL);
        }
        if (has(flags, RwFlags.RWF_NOWAIT) && !file.supportsNowait()
                || has(flags, RwFlags.RWF_ATOMIC) // no device of the model has such writes
                || has(flags, RwFlags.RWF_DONTCACHE) && !modes.contains(FileMode.DONTCACHE)) {
            return Optional.of(Errno.EOPNOTSUPP);
        }
        nowait |= has(flags, RwFlags.RWF_NOWAIT);
        dsync |= has(flags, RwFlags.RWF_DSYNC) || has(flags, RwFlags.RWF_SYNC);
        append = (append || has(flags, RwFlags.RWF_APPEND) && write) && !has(flags, RwFlags.RWF_NOAPPEND);
        return Optional.empty();
    }

    private static boolean has(int flags, int flag) {
        return (flags & flag) != 0;
    }

    /// {@return whether the request must not wait: -EAGAIN instead (`IOCB_NOWAIT`)}
    public boolean isNowait() {
        return nowait;
    }

    /// {@return the open file}
    public OpenFile file() {
        return file;
    }

    /// {@return the descriptors of the process}
    public Descriptors descriptors() {
        return descriptors;
    }

    /// {@return whether whoever made the request waits for it (`is_sync_kiocb`)}
    public boolean isSync() {
        return complete.isEmpty();
    }

    /// Tells how the request ended, after it was queued.
    public void complete(SysResult result) {
        complete.orElseThrow().complete(result);
    }

    /// {@return the file}
    public Inode inode() {
        return file.inode();
    }

    /// {@return where in the file the request stands, in bytes (`ki_pos`)}
    public long pos() {
        return pos;
    }

    /// Moves on.
    public void setPos(long newPos) {
        pos = newPos;
    }

    /// {@return whether the page cache is to be passed by (`IOCB_DIRECT`)}
    public boolean isDirect() {
        return direct;
    }

    /// Makes the rest of the request go through the page cache.
    public void clearDirect() {
        direct = false;
    }

    /// {@return whether the request writes at the end of the file (`IOCB_APPEND`)}
    public boolean isAppend() {
        return append;
    }

    /// Moves an appending write to the end of the file, and cuts one down to what the file can hold. The caller holds
    /// `i_rwsem` for writing.
    ///
    /// @return -EFBIG if that is nothing
    @Models(file = "fs/read_write.c", symbol = "generic_write_checks")
    public Optional<Errno> writeChecks(IovIter from) {
        if (append && from.count() > 0) {
            pos = inode().mapping().iSize().read();
        }
        long limit = inode().maxBytes();
        if (from.count() > 0 && pos >= limit) {
            return Optional.of(Errno.EFBIG);
        }
        from.truncate(limit - Math.min(pos, limit));
        return Optional.empty();
    }

    /// {@return whether the data must be durable at the end (`IOCB_DSYNC`)}
    public boolean isDsync() {
        return dsync;
    }
}
