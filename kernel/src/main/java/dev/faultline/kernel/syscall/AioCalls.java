package dev.faultline.kernel.syscall;

import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.mm.UserAccess;
import dev.faultline.kernel.mm.UserStruct;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.Machine;
import java.util.List;
import java.util.Optional;

/// Requests that a program submits and does not wait for: fs/aio.c. Reads, writes and fsync; polling a file, results
/// through an eventfd and io_cancel are left out.
final class AioCalls {
    private static final int IOCB_WORDS = 8;
    private static final int EVENT_WORDS = 4;
    private static final long MAX_EVENTS = 0x40_0000;
    private static final long AIO_MAX_NR = 0x1_0000;

    private static final int IOCB_CMD_PREAD = 0;
    private static final int IOCB_CMD_PWRITE = 1;
    private static final int IOCB_CMD_FSYNC = 2;
    private static final int IOCB_CMD_FDSYNC = 3;
    private static final int IOCB_CMD_PREADV = 7;
    private static final int IOCB_CMD_PWRITEV = 8;
    private static final int IOCB_FLAG_RESFD = 1;

    private AioCalls() {}

    private static UserAccess access(Process process) {
        return process.node().userMemory().access();
    }

    /// io_setup(2).
    @Models(file = "fs/aio.c", symbol = "sys_io_setup")
    static SysResult setup(Kernel kernel, Process process, long requests, long address) {
        Optional<long[]> old = UserStruct.read(access(process), address, 1);
        if (old.isEmpty()) {
            return SysResult.err(Errno.EFAULT);
        }
        if (old.get()[0] != 0 || requests == 0 || requests > MAX_EVENTS) {
            return SysResult.err(Errno.EINVAL);
        }
        if (requests > AIO_MAX_NR) {
            return SysResult.err(Errno.EAGAIN);
        }
        // The ring is mapped, and its address names the context; nothing is in it.
        SysResult ring = MemoryCalls.mmap(kernel, process, 0, 4096, Mman.PROT_READ | Mman.PROT_WRITE,
                Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS, -1, 0);
        if (!(ring instanceof SysResult.Ok(long id))) {
            return ring;
        }
        AioContext context = new AioContext(process.node().machine(), id, requests);
        process.aio().add(context);
        if (!UserStruct.write(access(process), address, id)) {
            kill(process, context);
            return SysResult.err(Errno.EFAULT);
        }
        return SysResult.ZERO;
    }

    /// io_destroy(2): returns when every request is over.
    @Models(file = "fs/aio.c", symbol = "sys_io_destroy")
    static SysResult destroy(Process process, long id) {
        Optional<AioContext> context = process.aio().get(id);
        return context.isPresent() && kill(process, context.get()) ? SysResult.ZERO : SysResult.err(Errno.EINVAL);
    }

    @Models(file = "fs/aio.c", symbol = "kill_ioctx")
    private static boolean kill(Process process, AioContext context) {
        if (!context.kill()) {
            return false;
        }
        process.aio().remove(context);
        MemoryCalls.munmap(process.mm(), context.id(), 4096);
        context.awaitRequests();
        return true;
    }

    /// Waits for the requests of a process that ends.
    @Models(file = "fs/aio.c", symbol = "exit_aio")
    static void exit(Process process) {
        for (AioContext context : process.aio().all()) {
            context.kill();
            context.awaitRequests();
        }
    }

    /// io_submit(2).
    ///
    /// @return how many requests were taken; an error only if the first was not
    @Models(file = "fs/aio.c", symbol = "sys_io_submit")
    static SysResult submit(Process process, long id, long count, long array) {
        if (count < 0) {
            return SysResult.err(Errno.EINVAL);
        }
        Optional<AioContext> context = process.aio().get(id);
        if (context.isEmpty()) {
            return SysResult.err(Errno.EINVAL);
        }
        long most = Math.min(count, context.get().maxRequests() + 1);
        for (long i = 0; i < most; i++) {
            Optional<Errno> error = UserStruct.read(access(process), array + 8 * i, 1)
                    .map(pointer -> submitOne(process, context.get(), pointer[0])).orElse(Optional.of(Errno.EFAULT));
            if (error.isPresent()) {
                return i > 0 ? SysResult.ok(i) : SysResult.err(error.get());
            }
        }
        return SysResult.ok(most);
    }

    @Models(file = "fs/aio.c", symbol = "io_submit_one")
    private static Optional<Errno> submitOne(Process process, AioContext context, long address) {
        Optional<long[]> words = UserStruct.read(access(process), address, IOCB_WORDS);
        if (words.isEmpty()) {
            return Optional.of(Errno.EFAULT);
        }
        Iocb iocb = new Iocb(address, words.get());
        if (iocb.reserved() != 0 || iocb.lengthBytes() < 0) {
            return Optional.of(Errno.EINVAL);
        }
        AioContext.Request request = new AioContext.Request(address, iocb.data());
        Optional<Errno> full = context.start(request);
        if (full.isPresent()) {
            return full;
        }
        Optional<OpenFile> file = process.files().hold(iocb.fd());
        Optional<Errno> error = file.isEmpty() ? Optional.of(Errno.EBADF)
                : issue(process, iocb, file.get(), new Ending(context, request, file.get()));
        if (error.isPresent()) {
            file.ifPresent(OpenFile::put);
            context.abandon(request);
        }
        return error;
    }

    /// What happens when a request is over.
    private record Ending(AioContext context, AioContext.Request request, OpenFile file) {
        @Models(file = "fs/aio.c", symbol = "aio_complete_rw")
        void complete(SysResult result) {
            context.complete(request, result);
            file.put();
        }
    }

    @Models(file = "fs/aio.c", symbol = "__io_submit_one")
    private static Optional<Errno> issue(Process process, Iocb iocb, OpenFile file, Ending ending) {
        if ((iocb.flags() & IOCB_FLAG_RESFD) != 0) { // of which the model has none
            return Optional.of(process.files().get(iocb.resultFd()).isPresent() ? Errno.EINVAL : Errno.EBADF);
        }
        if (!UserStruct.write(access(process), iocb.address() + 8, iocb.keyAndFlags() & 0xffff_ffff_0000_0000L)) {
            return Optional.of(Errno.EFAULT);
        }
        // Cut before it is looked at, which read(2) does not do.
        UserRanges one = new UserRanges.Single(iocb.buffer(), Math.min(iocb.lengthBytes(), UserRanges.MAX_RW_BYTES));
        UserRanges many = new UserRanges.Vector(iocb.buffer(), (int) iocb.lengthBytes());
        return switch (iocb.opcode()) {
            case IOCB_CMD_PREAD -> transfer(process, iocb, file, IovIter.Direction.DESTINATION, one, ending);
            case IOCB_CMD_PWRITE -> transfer(process, iocb, file, IovIter.Direction.SOURCE, one, ending);
            case IOCB_CMD_PREADV -> transfer(process, iocb, file, IovIter.Direction.DESTINATION, many, ending);
            case IOCB_CMD_PWRITEV -> transfer(process, iocb, file, IovIter.Direction.SOURCE, many, ending);
            case IOCB_CMD_FSYNC, IOCB_CMD_FDSYNC -> fsync(process, iocb, file, ending);
            default -> Optional.of(Errno.EINVAL);
        };
    }

    /// What the file system answers is the result of the request, unless it goes on by itself.
    @Models(file = "fs/aio.c", symbol = "aio_rw_done")
    private static Optional<Errno> transfer(Process process, Iocb iocb, OpenFile file, IovIter.Direction direction,
            UserRanges ranges, Ending ending) {
        boolean read = direction == IovIter.Direction.DESTINATION;
        Kiocb kiocb = new Kiocb(file, iocb.pos(), process.files(), ending::complete);
        Optional<Errno> unsupported = kiocb.setRwFlags(iocb.rwFlags(), !read);
        if (unsupported.isPresent()) {
            return unsupported;
        }
        if (read ? !file.isReadable() : !file.isWritable()) {
            return Optional.of(Errno.EBADF);
        }
        return switch (FileCalls.importRanges(process, kiocb, direction, ranges)) {
            case FileCalls.Imported.Failed(Errno errno) -> Optional.of(errno);
            case FileCalls.Imported.Iter(IovIter iter) -> {
                SysResult result = read ? kiocb.inode().operations().readIter(kiocb, iter)
                        : kiocb.inode().operations().writeIter(kiocb, iter);
                if (!result.is(Errno.EIOCBQUEUED)) {
                    kiocb.complete(result);
                }
                yield Optional.empty();
            }
        };
    }

    /// In a task of its own.
    @Models(file = "fs/aio.c", symbol = "aio_fsync")
    private static Optional<Errno> fsync(Process process, Iocb iocb, OpenFile file, Ending ending) {
        if (iocb.buffer() != 0 || iocb.pos() != 0 || iocb.lengthBytes() != 0 || iocb.rwFlags() != 0) {
            return Optional.of(Errno.EINVAL);
        }
        Machine machine = process.node().machine();
        machine.spawn("aio fsync", () -> {
            machine.current().setContext(new TaskStruct());
            ending.complete(file.fsync().map(SysResult::err).orElse(SysResult.ZERO));
        });
        return Optional.empty();
    }

    /// io_getevents(2). Time passes as it pleases: a limit above 0 is over as soon as too little is there.
    ///
    /// @param timeout the address of the limit; 0 for none
    @Models(file = "fs/aio.c", symbol = "do_io_getevents")
    static SysResult getevents(Process process, long id, long[] minAndMax, long address, long timeout) {
        boolean forever = timeout == 0;
        boolean now = false;
        if (!forever) {
            Optional<long[]> limit = UserStruct.read(access(process), timeout, 2);
            if (limit.isEmpty()) {
                return SysResult.err(Errno.EFAULT);
            }
            now = limit.get()[0] == 0 && limit.get()[1] == 0;
        }
        Optional<AioContext> context = process.aio().get(id);
        long least = minAndMax[0];
        long most = minAndMax[1];
        if (context.isEmpty() || least > most || least < 0) {
            return SysResult.err(Errno.EINVAL);
        }
        SysResult result = readEvents(process, context.get(), 0, most, address);
        while (result instanceof SysResult.Ok(long fetched) && fetched < least && !now) {
            if (!forever) {
                process.node().machine().environmentActs("io_getevents timed out");
                return result;
            }
            context.get().await((int) (least - fetched));
            if (context.get().isDead()) {
                return fetched > 0 ? result : SysResult.err(Errno.EINVAL);
            }
            result = readEvents(process, context.get(), fetched, most, address);
        }
        return result;
    }

    /// Fetches results until `most` are there, or there are no more.
    ///
    /// @return how many there are now; an error only if there are none
    @Models(file = "fs/aio.c", symbol = "aio_read_events_ring")
    private static SysResult readEvents(Process process, AioContext context, long before, long most, long address) {
        context.ringLock().lock();
        List<AioContext.Event> events = context.peek(most - before);
        int copied = 0;
        while (copied < events.size()
                && write(process, events.get(copied), address + 8 * EVENT_WORDS * (before + copied))) {
            copied++;
        }
        boolean all = copied == events.size();
        if (all && copied > 0) {
            context.remove(copied);
        }
        context.ringLock().unlock();
        if (!all) {
            return before > 0 ? SysResult.ok(before) : SysResult.err(Errno.EFAULT);
        }
        return SysResult.ok(before + copied);
    }

    private static boolean write(Process process, AioContext.Event event, long address) {
        return UserStruct.write(access(process), address, event.data(), event.object(), event.result(), 0);
    }

    /// The words of a `struct iocb`.
    private record Iocb(long address, long[] words) {
        long data() {
            return words[0];
        }

        long keyAndFlags() {
            return words[1];
        }

        int rwFlags() {
            return (int) (words[1] >>> 32);
        }

        int opcode() {
            return (int) words[2] & 0xffff;
        }

        int fd() {
            return (int) (words[2] >>> 32);
        }

        long buffer() {
            return words[3];
        }

        long lengthBytes() {
            return words[4];
        }

        long pos() {
            return words[5];
        }

        long reserved() {
            return words[6];
        }

        int flags() {
            return (int) words[7];
        }

        int resultFd() {
            return (int) (words[7] >>> 32);
        }
    }
}
