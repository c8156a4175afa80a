package dev.faultline.kernel.fs.fuse;

import dev.faultline.kernel.fs.FileMode;
import dev.faultline.kernel.fs.FileWithoutPages;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.FuseAbi;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.Machine;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;

/// `/dev/fuse`, as the server of a mounted fuse uses it: a read takes a request, a write answers one. Both touch the memory
/// of the server, which may fault; no lock is held meanwhile, but whoever asked may hold one.
final class FuseDevice extends FileWithoutPages {
    static final String PATH = "/dev/fuse";

    private final FuseConn connection;

    FuseDevice(Machine machine, FuseConn connection) {
        super(machine, PATH);
        this.connection = connection;
    }

    @Override
    public EnumSet<FileMode> modes() {
        return EnumSet.of(FileMode.STREAM, FileMode.NO_MMAP);
    }

    /// Waits for a request and hands it over: its header, its arguments, and the data to write.
    ///
    /// @return its length; -EINVAL if the memory is smaller than a server's must be; -EFAULT, and the request has failed
    ///         with -EIO
    @Override
    @Models(file = "fs/fuse/dev.c", symbol = "fuse_dev_do_read")
    public SysResult readIter(Kiocb iocb, IovIter to) {
        if (to.count() < FuseAbi.MIN_READ_BUFFER_BYTES) {
            return SysResult.err(Errno.EINVAL);
        }
        FuseRequest request = connection.take();
        long copied = to.copyToIter(request.message(), 0, request.messageBytes());
        long length = request.messageBytes();
        if (request.isWrite()) {
            for (FuseRequest.Piece piece : request.pieces()) {
                copied += to.copyFolioToIter(piece.folio(), piece.offset(), piece.lengthBytes());
            }
            length += request.lengthBytes();
        }
        if (copied == length) {
            return SysResult.ok(length);
        }
        connection.answered(request.unique());
        request.end(Optional.of(Errno.EIO));
        return SysResult.err(Errno.EFAULT);
    }

    /// Takes an answer: its header, and the data that was read or the arguments.
    ///
    /// @return its length; -EINVAL if it is no answer; -ENOENT if nobody asked; -EFAULT, and the request has failed with
    ///         -EIO
    @Override
    @Models(file = "fs/fuse/dev.c", symbol = "fuse_dev_do_write")
    public SysResult writeIter(Kiocb iocb, IovIter from) {
        long length = from.count();
        Content header = new Content((byte) 0);
        if (length < FuseAbi.OUT_HEADER_BYTES) {
            return SysResult.err(Errno.EINVAL);
        }
        if (from.copyFromIter(header, 0, FuseAbi.OUT_HEADER_BYTES) < FuseAbi.OUT_HEADER_BYTES) {
            return SysResult.err(Errno.EFAULT);
        }
        int error = (int) header.load(4, 4);
        boolean hasData = length > FuseAbi.OUT_HEADER_BYTES;
        if (header.load(0, 4) != length || error > 0 || error <= -512 || error != 0 && hasData) {
            return SysResult.err(Errno.EINVAL);
        }
        Optional<FuseRequest> request = connection.answered(header.load(8, 8));
        if (request.isEmpty()) {
            return SysResult.err(Errno.ENOENT);
        }
        Optional<Errno> wrong = error == 0 ? takeAnswer(request.get(), from) : Optional.empty();
        request.get().end(wrong.isPresent() ? Optional.of(Errno.EIO) : errno(error));
        return wrong.isPresent() ? SysResult.err(wrong.get()) : SysResult.ok(length);
    }

    private static Optional<Errno> errno(int error) {
        return error == 0 ? Optional.empty()
                : Optional.of(Arrays.stream(Errno.values()).filter(errno -> errno.number() == -error).findFirst()
                        .orElse(Errno.EIO));
    }

    @Models(file = "fs/fuse/dev.c", symbol = "fuse_copy_out_args")
    private static Optional<Errno> takeAnswer(FuseRequest request, IovIter from) {
        if (request.isRead()) {
            return takeData(request, from);
        }
        if (from.count() != request.answerBytes()) {
            return Optional.of(Errno.EINVAL);
        }
        boolean whole = from.copyFromIter(request.answer(), 0, request.answerBytes()) == request.answerBytes();
        return whole ? Optional.empty() : Optional.of(Errno.EFAULT);
    }

    /// Copies what was read into the pages of whoever asked; what is missing at the end becomes zeroes.
    @Models(file = "fs/fuse/dev.c", symbol = "fuse_copy_folios")
    private static Optional<Errno> takeData(FuseRequest request, IovIter from) {
        if (from.count() > request.lengthBytes()) {
            return Optional.of(Errno.EINVAL);
        }
        request.setDataBytes(from.count());
        for (FuseRequest.Piece piece : request.pieces()) {
            int part = (int) Math.min(from.count(), piece.lengthBytes());
            Content data = new Content((byte) 0);
            if (from.copyFromIter(data, piece.offset(), part) < part) {
                return Optional.of(Errno.EFAULT);
            }
            piece.folio().data().write(piece.offset(), piece.lengthBytes(), data, piece.offset());
        }
        return Optional.empty();
    }

    @Override
    public String toString() {
        return PATH;
    }
}
