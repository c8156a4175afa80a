package dev.faultline.kernel.fs;

import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Filemap;
import dev.faultline.kernel.pagecache.ReadFlag;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/// From a file into a pipe: fs/splice.c. What the pipe holds afterwards are the pages of the file's cache, which change
/// with the file.
public final class SpliceRead {
    private SpliceRead() {}

    /// Waits until there is room in a pipe, and moves what a file has into it.
    ///
    /// @return the bytes moved; -EAGAIN if it would have to wait and must not, -EPIPE, and what the file system answers
    @Models(file = "fs/splice.c", symbol = "splice_file_to_pipe")
    public static SysResult intoPipe(Kiocb iocb, PipeInodeInfo pipe, long lengthBytes, boolean mayWait) {
        pipe.lock();
        Optional<SysResult> refused = SplicePipes.waitForSpace(pipe, mayWait);
        SysResult result = refused.orElseGet(() -> doSpliceRead(iocb, pipe, lengthBytes));
        pipe.unlock();
        if (result.isPositive()) {
            pipe.rdWait().wakeUp();
        }
        return result;
    }

    /// Moves what a file has into a pipe that is locked. A file that is opened for direct I/O is read past the cache.
    @Models(file = "fs/splice.c", symbol = "do_splice_read")
    static SysResult doSpliceRead(Kiocb iocb, PipeInodeInfo pipe, long lengthBytes) {
        if (!iocb.file().isReadable()) {
            return SysResult.err(Errno.EBADF);
        }
        long length = Math.min(lengthBytes, pipe.room());
        if (length == 0) {
            return SysResult.ZERO;
        }
        return iocb.isDirect() ? copy(iocb, pipe, length) : iocb.inode().operations().spliceRead(iocb, pipe, length);
    }

    /// Moves references to pages of the cache into a pipe. The reference of the lookup becomes the pipe's.
    @Models(file = "mm/filemap.c", symbol = "filemap_splice_read")
    public static SysResult fromCache(Kiocb iocb, PipeInodeInfo pipe, long lengthBytes) {
        AddressSpace mapping = iocb.inode().mapping();
        if (iocb.pos() >= iocb.inode().maxBytes()) {
            return SysResult.ZERO;
        }
        long end = iocb.pos() + Math.min(lengthBytes, pipe.room());
        long start = iocb.pos();
        while (iocb.pos() < end && !pipe.isFull()) {
            Filemap.FolioOrError found = pipe.node().filemap()
                    .getPage(mapping, iocb.pos() / Content.SIZE, EnumSet.noneOf(ReadFlag.class), iocb.pos());
            if (found instanceof Filemap.FolioOrError.Failed(Errno errno)) {
                return iocb.pos() > start ? SysResult.ok(iocb.pos() - start) : SysResult.err(errno);
            }
            if (!(found instanceof Filemap.FolioOrError.Found(Folio folio))) {
                break;
            }
            long size = mapping.iSize().read(); // only now that the page is up to date
            long moved = folioIntoPipe(iocb, pipe, folio, Math.min(end, size));
            if (moved == 0) {
                folio.put();
                break;
            }
        }
        return SysResult.ok(iocb.pos() - start);
    }

    /// Moves the part of a page that lies before `end` into a pipe, and the reference with it.
    ///
    /// @return how many bytes that are; if none, the reference is the caller's still
    @Models(file = "mm/filemap.c", symbol = "splice_folio_into_pipe")
    public static long folioIntoPipe(Kiocb iocb, PipeInodeInfo pipe, Folio folio, long end) {
        int offset = (int) (iocb.pos() % Content.SIZE);
        int part = (int) Math.min(end - iocb.pos(), Content.SIZE - offset);
        if (part <= 0) {
            return 0;
        }
        pipe.push(PipeBuffer.Ops.PAGE_CACHE, folio, offset, part, 0);
        iocb.setPos(iocb.pos() + part);
        return part;
    }

    /// Moves zeroes into a pipe, up to `end` or the end of a page.
    @Models(file = "mm/shmem.c", symbol = "splice_zeropage_into_pipe")
    public static void zeroesIntoPipe(Kiocb iocb, PipeInodeInfo pipe, long end) {
        int offset = (int) (iocb.pos() % Content.SIZE);
        int part = (int) Math.min(end - iocb.pos(), Content.SIZE - offset);
        pipe.push(PipeBuffer.Ops.ZERO, pipe.node().userMemory().memory().zeroPage(), offset, part, 0);
        iocb.setPos(iocb.pos() + part);
    }

    /// Reads into new pages and moves these into a pipe.
    ///
    /// @return -EAGAIN where the file system answers -EFAULT
    @Models(file = "fs/splice.c", symbol = "copy_splice_read")
    public static SysResult copy(Kiocb iocb, PipeInodeInfo pipe, long lengthBytes) {
        long length = Math.min(lengthBytes, pipe.room());
        List<IovIter.PageRange> ranges = new ArrayList<>();
        for (long at = 0; at < length; at += Content.SIZE) {
            Folio folio = pipe.node().physical().allocate("splice");
            ranges.add(new IovIter.PageRange(List.of(folio), 0, Math.min(Content.SIZE, length - at)));
        }
        Node node = pipe.node();
        IovIter to = IovIter.ofPages(node.userMemory(), node.parts(), IovIter.Type.BVEC, IovIter.Direction.DESTINATION, ranges);
        SysResult read = iocb.inode().operations().readIter(iocb, to);
        long left = read.bytes();
        for (IovIter.PageRange range : ranges) {
            Folio folio = range.folios().getFirst();
            if (left > 0) {
                pipe.push(PipeBuffer.Ops.DEFAULT, folio, 0, (int) Math.min(left, Content.SIZE), 0);
                left -= Math.min(left, Content.SIZE);
            } else {
                folio.put();
            }
        }
        return read.is(Errno.EFAULT) ? SysResult.err(Errno.EAGAIN) : read;
    }
}
