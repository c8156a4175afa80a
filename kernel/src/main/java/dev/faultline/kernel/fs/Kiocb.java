package dev.faultline.kernel.fs;

import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.SysResult;
import java.util.Optional;

/// One read or write request on its way (`struct kiocb`). Either whoever made it waits for it, or its end is told.
public final class Kiocb {
    private final OpenFile file;
    private long pos;
    private boolean direct;
    private final boolean append;
    private final boolean dsync;
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
