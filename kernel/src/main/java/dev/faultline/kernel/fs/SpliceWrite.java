package dev.faultline.kernel.fs;

import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Out of a pipe: fs/splice.c, one call (`struct splice_desc`). The pipe is locked while its data is written or copied.
public final class SpliceWrite {
    private final PipeInodeInfo pipe;
    private final boolean mayWait;
    private long left;
    private long spliced;
    private boolean needWakeup;

    private SpliceWrite(PipeInodeInfo pipe, long lengthBytes, boolean mayWait) {
        this.pipe = pipe;
        this.left = lengthBytes;
        this.mayWait = mayWait;
    }

    /// Writes what is in a pipe to a file, from the position of `out` on, which moves; waits for the first byte only.
    ///
    /// @return the bytes written, 0 if there is nothing and nobody who writes more; -EAGAIN if it would have to wait and must
    ///         not, and what the file system answers
    @Models(file = "fs/splice.c", symbol = "iter_file_splice_write")
    public static SysResult toFile(PipeInodeInfo pipe, Kiocb out, long lengthBytes, boolean mayWait) {
        SpliceWrite call = new SpliceWrite(pipe, lengthBytes, mayWait);
        pipe.lock();
        SysResult last = SysResult.ZERO;
        while (call.left > 0 && last instanceof SysResult.Ok) {
            Optional<SysResult> end = call.next();
            if (end.isPresent()) {
                last = end.get();
                break;
            }
            last = call.write(out);
            if (last.bytes() == 0) {
                break;
            }
        }
        return call.ended(last);
    }

    /// Copies what is in a pipe to a program's memory; waits for the first byte only.
    @Models(file = "fs/splice.c", symbol = "vmsplice_to_user")
    public static SysResult toUser(PipeInodeInfo pipe, IovIter to, boolean mayWait) {
        SpliceWrite call = new SpliceWrite(pipe, to.count(), mayWait);
        pipe.lock();
        Optional<SysResult> end = call.next();
        while (end.isEmpty()) {
            end = call.feed(to);
            if (end.isEmpty()) {
                end = call.next();
            }
        }
        return call.ended(end.get());
    }

    @Models(file = "fs/splice.c", symbol = "splice_from_pipe_end")
    private SysResult ended(SysResult last) {
        if (needWakeup) {
            pipe.wrWait().wakeUp();
        }
        pipe.unlock();
        return spliced > 0 ? SysResult.ok(spliced) : last;
    }

    /// Waits until there is something in the pipe.
    ///
    /// @return what the call comes to if it ends here
    @Models(file = "fs/splice.c", symbol = "splice_from_pipe_next")
    private Optional<SysResult> next() {
        for (;;) {
            while (pipe.isEmpty()) {
                if (!pipe.hasWriters() || spliced > 0) {
                    return Optional.of(SysResult.ZERO);
                }
                if (!mayWait) {
                    return Optional.of(SysResult.err(Errno.EAGAIN));
                }
                if (needWakeup) {
                    pipe.wrWait().wakeUp();
                    needWakeup = false;
                }
                pipe.waitReadable();
            }
            if (pipe.buffer(0).lengthBytes() > 0) {
                return Optional.empty();
            }
            pipe.eat();
        }
    }

    /// Writes what is there.
    private SysResult write(Kiocb out) {
        List<IovIter.PageRange> ranges = new ArrayList<>();
        long wanted = left;
        for (int i = 0; i < pipe.usage() && wanted > 0; i++) {
            PipeBuffer buffer = pipe.buffer(i);
            if (buffer.lengthBytes() > 0) {
                Optional<Errno> error = buffer.confirm();
                if (error.isPresent()) {
                    return SysResult.err(error.get());
                }
                long part = Math.min(buffer.lengthBytes(), wanted);
                ranges.add(new IovIter.PageRange(List.of(buffer.folio()), buffer.offset(), part));
                wanted -= part;
            }
        }
        Node node = pipe.node();
        IovIter from = IovIter.ofPages(node.userMemory(), node.parts(), IovIter.Type.BVEC, IovIter.Direction.SOURCE, ranges);
        Kiocb iocb = new Kiocb(out.file(), out.pos());
        SysResult written = out.inode().operations().writeIter(iocb, from);
        if (written.isPositive()) {
            out.setPos(iocb.pos());
            dismiss(written.bytes());
        }
        return written;
    }

    /// Takes what was written out of the pipe.
    private void dismiss(long bytes) {
        spliced += bytes;
        left -= bytes;
        long gone = bytes;
        while (gone > 0) {
            gone -= consume((int) Math.min(gone, pipe.buffer(0).lengthBytes()));
        }
    }

    /// Takes bytes off the first slot.
    private int consume(int bytes) {
        PipeBuffer buffer = pipe.buffer(0);
        buffer.consume(bytes);
        pipe.bufferChanged();
        if (buffer.lengthBytes() == 0) {
            pipe.eat();
            needWakeup |= !pipe.isInternal();
        }
        return bytes;
    }

    /// Copies what is there to a program's memory.
    ///
    /// @return what the call comes to if it ends here
    @Models(file = "fs/splice.c", symbol = "splice_from_pipe_feed")
    private Optional<SysResult> feed(IovIter to) {
        while (!pipe.isEmpty()) {
            PipeBuffer buffer = pipe.buffer(0);
            int part = (int) Math.min(buffer.lengthBytes(), left);
            Optional<Errno> error = buffer.confirm();
            if (error.isPresent()) {
                return Optional.of(SysResult.err(error.get()));
            }
            if (to.copyFolioToIter(buffer.folio(), buffer.offset(), part) < part) {
                return Optional.of(SysResult.err(Errno.EFAULT));
            }
            spliced += part;
            left -= part;
            consume(part);
            if (left == 0) {
                return Optional.of(SysResult.ZERO);
            }
        }
        return Optional.empty();
    }
}
