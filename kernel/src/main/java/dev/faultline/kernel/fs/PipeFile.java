package dev.faultline.kernel.fs;

import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Signal;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Poll;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.RetryLoop;
import java.util.EnumSet;
import java.util.Optional;

/// The ends of a pipe as files: fs/pipe.c. User memory is copied with the pipe locked, and may fault then.
public final class PipeFile extends FileWithoutPages {
    private final Node node;
    private final PipeInodeInfo pipe;

    /// The file of both ends.
    public PipeFile(Node node, PipeInodeInfo pipe) {
        super(node.machine(), pipe);
        this.node = node;
        this.pipe = pipe;
    }

    @Override
    public Optional<PipeInodeInfo> pipe() {
        return Optional.of(pipe);
    }

    @Override
    public EnumSet<FileMode> modes() {
        return EnumSet.of(FileMode.STREAM, FileMode.NO_MMAP, FileMode.NO_EXEC, FileMode.NOWAIT);
    }

    /// Tells the running thread that nobody reads what it writes.
    SysResult broken(long done) {
        TaskStruct.current(node.machine()).send(Signal.SIGPIPE);
        return orError(done, Errno.EPIPE);
    }

    private static SysResult orError(long done, Errno errno) {
        return done > 0 ? SysResult.ok(done) : SysResult.err(errno);
    }

    private static boolean mayWait(Kiocb iocb) {
        return !iocb.file().has(Fcntl.O_NONBLOCK) && !iocb.isNowait();
    }

    // ---- read ----

    /// Reads what there is, and waits only for the first byte.
    @Override
    @Models(file = "fs/pipe.c", symbol = "anon_pipe_read")
    public SysResult readIter(Kiocb iocb, IovIter to) {
        return to.count() == 0 ? SysResult.ZERO : new Reading(iocb, to).run();
    }

    /// One read.
    private final class Reading {
        private final Kiocb iocb;
        private final IovIter to;
        private boolean wakeWriter;

        Reading(Kiocb iocb, IovIter to) {
            this.iocb = iocb;
            this.to = to;
        }

        SysResult run() {
            RetryLoop loop = node.machine().retryLoop("anon_pipe_read");
            boolean waited = false;
            pipe.lock();
            Optional<SysResult> result = take();
            while (result.isEmpty()) {
                pipe.unlock();
                pipe.rdWait().waitEvent(WaitQueueHead.Wait.EXCLUSIVE, pipe::readable);
                waited = true;
                loop.again();
                pipe.lock();
                result = take();
            }
            boolean wakeNextReader = waited && !pipe.isEmpty();
            pipe.unlock();
            if (wakeWriter) {
                pipe.wrWait().wakeUp();
            }
            if (wakeNextReader) {
                pipe.rdWait().wakeUp();
            }
            return result.get();
        }

        /// {@return what the read comes to; empty if it has to wait}
        private Optional<SysResult> take() {
            long done = 0;
            while (!pipe.isEmpty()) {
                PipeBuffer buffer = pipe.buffer(0);
                Optional<Errno> error = buffer.confirm();
                if (error.isPresent()) {
                    return Optional.of(orError(done, error.get()));
                }
                int chars = (int) Math.min(buffer.lengthBytes(), to.count());
                if (to.copyFolioToIter(buffer.folio(), buffer.offset(), chars) < chars) {
                    return Optional.of(orError(done, Errno.EFAULT));
                }
                done += chars;
                boolean packet = buffer.has(PipeBuffer.PACKET);
                taken(buffer, packet ? buffer.lengthBytes() : chars);
                if (packet || to.count() == 0) {
                    return Optional.of(SysResult.ok(done));
                }
            }
            if (done > 0 || !pipe.hasWriters()) {
                return Optional.of(SysResult.ok(done));
            }
            return mayWait(iocb) ? Optional.empty() : Optional.of(SysResult.err(Errno.EAGAIN));
        }

        private void taken(PipeBuffer buffer, int bytes) {
            buffer.consume(bytes);
            pipe.bufferChanged();
            if (buffer.lengthBytes() == 0) {
                wakeWriter |= pipe.isFull();
                pipe.eat();
            }
        }
    }

    // ---- write ----

    /// Writes all of it, waiting for room. What fits into the last page is added to it if it is the pipe's own; a write of
    /// no more than a page is in one piece.
    @Override
    @Models(file = "fs/pipe.c", symbol = "anon_pipe_write")
    public SysResult writeIter(Kiocb iocb, IovIter from) {
        return from.count() == 0 ? SysResult.ZERO : new Writing(iocb, from).run();
    }

    /// One write.
    private final class Writing {
        private final Kiocb iocb;
        private final IovIter from;
        private long done;
        private boolean wasEmpty;

        Writing(Kiocb iocb, IovIter from) {
            this.iocb = iocb;
            this.from = from;
        }

        SysResult run() {
            RetryLoop loop = node.machine().retryLoop("anon_pipe_write");
            boolean waited = false;
            pipe.lock();
            Optional<SysResult> result = merge();
            while (result.isEmpty()) {
                result = put();
                if (result.isEmpty()) {
                    waitForRoom();
                    waited = true;
                    loop.again(done);
                }
            }
            boolean wakeNextWriter = waited && !pipe.isFull();
            pipe.unlock();
            if (wasEmpty) {
                pipe.rdWait().wakeUp();
            }
            if (wakeNextWriter) {
                pipe.wrWait().wakeUp();
            }
            return result.get();
        }

        /// Adds what goes beyond whole pages to the last page, if it fits.
        ///
        /// @return what the write comes to; empty if there is more to write
        private Optional<SysResult> merge() {
            if (!pipe.hasReaders()) {
                return Optional.of(broken(0));
            }
            wasEmpty = pipe.isEmpty();
            int chars = (int) (from.count() % Content.SIZE);
            if (chars == 0 || wasEmpty) {
                return Optional.empty();
            }
            PipeBuffer last = pipe.buffer(pipe.usage() - 1);
            int end = last.offset() + last.lengthBytes();
            if (!last.has(PipeBuffer.CAN_MERGE) || end + chars > Content.SIZE) {
                return Optional.empty();
            }
            Optional<Errno> error = last.confirm();
            if (error.isPresent()) {
                return error.map(SysResult::err);
            }
            if (from.copyFolioFromIter(last.folio(), end, chars) < chars) {
                return Optional.of(SysResult.err(Errno.EFAULT));
            }
            last.append(chars);
            pipe.bufferChanged();
            done = chars;
            return from.count() == 0 ? Optional.of(SysResult.ok(done)) : Optional.empty();
        }

        /// Fills pages as long as there is room.
        ///
        /// @return what the write comes to; empty if it has to wait
        private Optional<SysResult> put() {
            while (pipe.hasReaders() && !pipe.isFull()) {
                Folio folio = node.physical().allocate("pipe");
                int copied = (int) from.copyFolioFromIter(folio, 0, Content.SIZE);
                if (copied < Content.SIZE && from.count() > 0) {
                    folio.put();
                    return Optional.of(orError(done, Errno.EFAULT));
                }
                boolean packets = iocb.file().has(Fcntl.O_DIRECT);
                pipe.push(PipeBuffer.Ops.ANON, folio, 0, copied, packets ? PipeBuffer.PACKET : PipeBuffer.CAN_MERGE);
                done += copied;
                if (from.count() == 0) {
                    return Optional.of(SysResult.ok(done));
                }
            }
            if (!pipe.hasReaders()) {
                return Optional.of(broken(done));
            }
            return mayWait(iocb) ? Optional.empty() : Optional.of(orError(done, Errno.EAGAIN));
        }

        private void waitForRoom() {
            pipe.unlock();
            if (wasEmpty) {
                pipe.rdWait().wakeUp();
            }
            pipe.wrWait().waitEvent(WaitQueueHead.Wait.EXCLUSIVE, pipe::writable);
            pipe.lock();
            wasEmpty = pipe.isEmpty();
        }
    }

    // ---- the rest ----

    @Override
    @Models(file = "fs/pipe.c", symbol = "pipe_poll")
    public int poll(OpenFile file, Optional<PollWait> wait) {
        if (file.isReadable()) {
            wait.ifPresent(pipe.rdWait()::pollWait);
        }
        if (file.isWritable()) {
            wait.ifPresent(pipe.wrWait()::pollWait);
        }
        int ready = 0;
        if (file.isReadable()) {
            ready |= pipe.seemsEmpty() ? 0 : Poll.POLLIN | Poll.POLLRDNORM;
            ready |= pipe.seemsWithoutWriters() ? Poll.POLLHUP : 0;
        }
        if (file.isWritable()) {
            ready |= pipe.seemsFull() ? 0 : Poll.POLLOUT | Poll.POLLWRNORM;
            ready |= pipe.seemsWithoutReaders() ? Poll.POLLERR : 0;
        }
        return ready;
    }

    @Override
    public boolean wantsRelease() {
        return true;
    }

    @Override
    public void release(OpenFile file) {
        pipe.release(file.isReadable());
    }

    @Override
    public String toString() {
        return pipe.toString();
    }
}
