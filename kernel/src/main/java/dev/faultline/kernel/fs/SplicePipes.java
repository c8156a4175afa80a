package dev.faultline.kernel.fs;

import dev.faultline.kernel.iov.ExtractedPages;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Signal;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.RetryLoop;
import java.util.Iterator;
import java.util.Optional;

/// Into a pipe, from another one or from a program's memory: fs/splice.c. No byte is copied.
public final class SplicePipes {
    private static final int MAX_PAGES = 16;

    private SplicePipes() {}

    /// Tells the running thread that nobody reads the pipe.
    private static SysResult broken(PipeInodeInfo pipe, long done) {
        TaskStruct.current(pipe.machine()).send(Signal.SIGPIPE);
        return orError(done, Errno.EPIPE);
    }

    private static SysResult orError(long done, Errno errno) {
        return done > 0 ? SysResult.ok(done) : SysResult.err(errno);
    }

    /// Waits until there is room in a pipe, which is locked.
    ///
    /// @return what the call comes to if there will be none
    @Models(file = "fs/splice.c", symbol = "wait_for_space")
    static Optional<SysResult> waitForSpace(PipeInodeInfo pipe, boolean mayWait) {
        for (;;) {
            if (!pipe.hasReaders()) {
                return Optional.of(broken(pipe, 0));
            }
            if (!pipe.isFull()) {
                return Optional.empty();
            }
            if (!mayWait) {
                return Optional.of(SysResult.err(Errno.EAGAIN));
            }
            pipe.waitWritable();
        }
    }

    // ---- from memory ----

    /// Moves references to pages of the running program into a pipe. The program keeps the pages, and what it writes to
    /// them meanwhile may be seen in the pipe.
    ///
    /// @return the bytes moved; -EAGAIN if it would have to wait and must not, -EPIPE, -EFAULT
    @Models(file = "fs/splice.c", symbol = "vmsplice_to_pipe")
    public static SysResult fromUser(PipeInodeInfo pipe, IovIter from, boolean mayWait, boolean gift) {
        pipe.lock();
        SysResult result = waitForSpace(pipe, mayWait).orElseGet(() -> iterToPipe(pipe, from, gift ? PipeBuffer.GIFT : 0));
        pipe.unlock();
        if (result.isPositive()) {
            pipe.rdWait().wakeUp();
        }
        return result;
    }

    @Models(file = "fs/splice.c", symbol = "iter_to_pipe")
    private static SysResult iterToPipe(PipeInodeInfo pipe, IovIter from, int flags) {
        long total = 0;
        while (from.count() > 0) {
            switch (from.getPages(from.count(), MAX_PAGES)) {
                case ExtractedPages.Failed(Errno errno) -> {
                    return orError(total, errno);
                }
                case ExtractedPages.Pages pages when pages.lengthBytes() == 0 -> {
                    return SysResult.ok(total);
                }
                case ExtractedPages.Pages pages -> {
                    long added = addToPipe(pipe, pages, flags);
                    total += added;
                    if (added < pages.lengthBytes()) {
                        return orError(total, Errno.EAGAIN);
                    }
                }
            }
        }
        return SysResult.ok(total);
    }

    /// Moves pages into a pipe as long as there is room, and gives the others back.
    ///
    /// @return the bytes moved
    @Models(file = "fs/splice.c", symbol = "add_to_pipe")
    private static long addToPipe(PipeInodeInfo pipe, ExtractedPages.Pages pages, int flags) {
        long left = pages.lengthBytes();
        int offset = pages.offset();
        Iterator<Folio> folios = pages.folios().iterator();
        while (folios.hasNext() && left > 0 && !pipe.isFull()) {
            int part = (int) Math.min(left, Content.SIZE - offset);
            pipe.push(PipeBuffer.Ops.USER, folios.next(), offset, part, flags);
            left -= part;
            offset = 0;
        }
        folios.forEachRemaining(Folio::put);
        return pages.lengthBytes() - left;
    }

    // ---- from a pipe ----

    /// Waits until there is something in the pipe, as far as can be told without its lock.
    @Models(file = "fs/splice.c", symbol = "ipipe_prep")
    private static Optional<SysResult> prepareInput(PipeInodeInfo pipe, boolean mayWait) {
        if (!pipe.seemsEmpty()) {
            return Optional.empty();
        }
        Optional<SysResult> end = Optional.empty();
        pipe.lock();
        while (pipe.isEmpty() && pipe.hasWriters() && end.isEmpty()) {
            if (mayWait) {
                pipe.waitReadable();
            } else {
                end = Optional.of(SysResult.err(Errno.EAGAIN));
            }
        }
        pipe.unlock();
        return end;
    }

    /// Waits until there is room in the pipe, as far as can be told without its lock.
    @Models(file = "fs/splice.c", symbol = "opipe_prep")
    private static Optional<SysResult> prepareOutput(PipeInodeInfo pipe, boolean mayWait) {
        if (!pipe.seemsFull()) {
            return Optional.empty();
        }
        Optional<SysResult> end = Optional.empty();
        pipe.lock();
        while (pipe.isFull() && end.isEmpty()) {
            if (!pipe.hasReaders()) {
                end = Optional.of(broken(pipe, 0));
            } else if (!mayWait) {
                end = Optional.of(SysResult.err(Errno.EAGAIN));
            } else {
                pipe.waitWritable();
            }
        }
        pipe.unlock();
        return end;
    }

    private static Optional<SysResult> prepare(PipeInodeInfo in, PipeInodeInfo out, boolean mayWait) {
        return prepareInput(in, mayWait).or(() -> prepareOutput(out, mayWait));
    }

    /// Moves what is in one pipe to another one; waits for the first byte, and for room for it.
    ///
    /// @return the bytes moved; -EAGAIN, -EPIPE
    @Models(file = "fs/splice.c", symbol = "splice_pipe_to_pipe")
    public static SysResult move(PipeInodeInfo in, PipeInodeInfo out, long lengthBytes, boolean mayWait) {
        RetryLoop loop = in.machine().retryLoop("splice_pipe_to_pipe");
        for (;;) {
            Optional<SysResult> end = prepare(in, out, mayWait);
            if (end.isPresent()) {
                return end.get();
            }
            PipeInodeInfo.doubleLock(in, out);
            Moving moving = new Moving(in, out, lengthBytes);
            Optional<SysResult> result = moving.run(mayWait);
            in.unlock();
            out.unlock();
            if (result.isPresent()) {
                if (result.get().isPositive()) {
                    out.rdWait().wakeUp();
                }
                if (moving.madeRoom) {
                    in.wrWait().wakeUp();
                }
                return result.get();
            }
            loop.again();
        }
    }

    /// One attempt to move; both pipes are locked.
    private static final class Moving {
        private final PipeInodeInfo in;
        private final PipeInodeInfo out;
        private long left;
        private long done;
        private boolean madeRoom;

        Moving(PipeInodeInfo in, PipeInodeInfo out, long lengthBytes) {
            this.in = in;
            this.out = out;
            this.left = lengthBytes;
        }

        /// {@return what the call comes to; empty if others have been faster, and it has to wait once more}
        Optional<SysResult> run(boolean mayWait) {
            while (left > 0) {
                if (!out.hasReaders()) {
                    return Optional.of(broken(out, done));
                }
                if (in.isEmpty() && !in.hasWriters()) {
                    break;
                }
                if (in.isEmpty() || out.isFull()) {
                    return done > 0 ? Optional.of(SysResult.ok(done))
                            : mayWait ? Optional.empty() : Optional.of(SysResult.err(Errno.EAGAIN));
                }
                moveOne(in.buffer(0));
            }
            return Optional.of(SysResult.ok(done));
        }

        private void moveOne(PipeBuffer buffer) {
            int length = buffer.lengthBytes();
            if (left >= length) {
                out.push(buffer);
                in.pop(buffer);
                madeRoom = true;
                done += length;
                left -= length;
                return;
            }
            out.pushPart(buffer, (int) left);
            buffer.consume((int) left);
            in.bufferChanged();
            done += left;
            left = 0;
        }
    }

    /// Puts what is in one pipe into another one as well; waits for the first byte, and for room for it.
    ///
    /// @return the bytes that are in both; -EAGAIN, -EPIPE
    @Models(file = "fs/splice.c", symbol = "do_tee")
    public static SysResult tee(PipeInodeInfo in, PipeInodeInfo out, long lengthBytes, boolean mayWait) {
        return prepare(in, out, mayWait).orElseGet(() -> link(in, out, lengthBytes));
    }

    @Models(file = "fs/splice.c", symbol = "link_pipe")
    private static SysResult link(PipeInodeInfo in, PipeInodeInfo out, long lengthBytes) {
        PipeInodeInfo.doubleLock(in, out);
        SysResult result = linkLocked(in, out, lengthBytes);
        in.unlock();
        out.unlock();
        if (result.isPositive()) {
            out.rdWait().wakeUp();
        }
        return result;
    }

    private static SysResult linkLocked(PipeInodeInfo in, PipeInodeInfo out, long lengthBytes) {
        long done = 0;
        for (int i = 0; done < lengthBytes; i++) {
            if (!out.hasReaders()) {
                return broken(out, done);
            }
            if (i == in.usage() || out.isFull()) {
                break;
            }
            PipeBuffer buffer = in.buffer(i);
            int part = (int) Math.min(buffer.lengthBytes(), lengthBytes - done);
            out.pushPart(buffer, part);
            done += part;
        }
        return SysResult.ok(done);
    }
}
