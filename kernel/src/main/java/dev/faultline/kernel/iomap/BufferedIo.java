package dev.faultline.kernel.iomap;

import dev.faultline.kernel.block.Bio;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Filemap;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.RetryLoop;
import java.util.Optional;

/// Reading and writing through the page cache: fs/iomap/buffered-io.c.
public class BufferedIo {
    /// The seam at which other forms plug in.
    public static final Part<BufferedIo> PART = new Part<>("iomap.BufferedIo", BufferedIo.class);

    /// Today's form.
    public BufferedIo() {}

    /// Writes from the iterator at `pos`, extent by extent. The caller holds `i_rwsem` for writing.
    ///
    /// @return the bytes written; an error only if none were
    @Models(file = "fs/iomap/buffered-io.c", symbol = "iomap_file_buffered_write")
    public final SysResult write(Node node, AddressSpace mapping, IovIter from, long pos, IomapOps operations) {
        long written = 0;
        while (from.count() > 0) {
            long at = pos + written;
            long length = from.count();
            IomapOps.Begin begun = operations.begin(at, length, IomapOps.Purpose.WRITE);
            if (!(begun instanceof IomapOps.Begin.Mapped(Iomap iomap))) {
                return written > 0 ? SysResult.ok(written) : SysResult.err(((IomapOps.Begin.Failed) begun).errno());
            }
            long here = Math.min(length, iomap.offset() + iomap.lengthBytes() - at);
            SysResult done = writeExtent(node, mapping, from, at, here, iomap);
            operations.end(at, here, done.bytes(), iomap, IomapOps.Purpose.WRITE);
            written += done.bytes();
            if (done instanceof SysResult.Err && written == 0) {
                return done;
            }
            if (done.bytes() < here) {
                break;
            }
        }
        return SysResult.ok(written);
    }

    @Models(file = "fs/iomap/buffered-io.c", symbol = "iomap_write_iter")
    private SysResult writeExtent(Node node, AddressSpace mapping, IovIter from, long pos, long length, Iomap iomap) {
        RetryLoop loop = node.machine().retryLoop("iomap_write_iter");
        long written = 0;
        int limit = Content.SIZE;
        while (written < length && from.count() > 0) {
            long at = pos + written;
            int offset = (int) (at % Content.SIZE);
            int bytes = (int) Math.min(Math.min(Content.SIZE - offset, Math.min(length - written, from.count())), limit);
            if (!mayCopy(bytes, from.faultInReadable(bytes))) {
                return written > 0 ? SysResult.ok(written) : SysResult.err(Errno.EFAULT);
            }
            Folio folio = node.filemap().getLockedFolio(mapping, at / Content.SIZE);
            writeBegin(folio, offset, bytes, iomap, at, mapping);
            int copied = (int) from.copyFolioFromIterAtomic(folio, offset, bytes);
            int accepted = writeEnd(mapping, folio, at, bytes, copied);
            if (accepted > 0) {
                TaskStruct.current(node.machine()).dirtied();
            }
            from.revert(copied - accepted);
            limit = Content.SIZE;
            written += accepted;
            if (accepted == 0 && copied > 0) {
                limit = copied;
            }
            loop.again(written, limit);
        }
        return SysResult.ok(written);
    }

    /// {@return whether to go on after `missing` of `asked` bytes of the source could not be faulted in}
    protected boolean mayCopy(long asked, long missing) {
        return missing != asked;
    }

    /// Brings the parts of the page up to date that are not overwritten. The caller holds the folio lock.
    @Models(file = "fs/iomap/buffered-io.c", symbol = "__iomap_write_begin")
    private static void writeBegin(Folio folio, int offset, int bytes, Iomap iomap, long pos, AddressSpace mapping) {
        if (folio.flags().readBits(Folio.UPTODATE) != 0 || bytes == Content.SIZE) {
            return;
        }
        long start = pos - offset;
        if (iomap.type() != Iomap.Type.MAPPED || iomap.isNew() || start >= mapping.iSize().read()) {
            folio.data().zero(0, Content.SIZE);
        } else {
            Bio bio = new Bio(iomap.device(), false, iomap.diskPositionOf(start));
            bio.add(folio, 0, Content.SIZE);
            bio.submitAndWait();
        }
        folio.flags().setBits(Folio.UPTODATE);
    }

    /// Takes the copied bytes over, moves the file size, unlocks the page and drops the reference.
    ///
    /// @return the bytes that count: none if the page was not up to date and not all were copied
    @Models(file = "fs/iomap/buffered-io.c", symbol = "iomap_write_end")
    private static int writeEnd(AddressSpace mapping, Folio folio, long pos, int bytes, int copied) {
        int accepted = copied;
        if (copied < bytes && folio.flags().readBits(Folio.UPTODATE) == 0) {
            accepted = 0;
        }
        if (accepted > 0) {
            folio.flags().setBits(Folio.UPTODATE | Folio.DIRTY);
            if (pos + accepted > mapping.iSize().read()) {
                mapping.iSize().write(pos + accepted);
            }
        }
        folio.lock().unlock();
        folio.put();
        return accepted;
    }

    /// Fills a locked folio from the disk and unlocks it.
    @Models(file = "fs/iomap/buffered-io.c", symbol = "iomap_read_folio")
    public static Optional<Errno> readFolio(Folio folio, IomapOps operations) {
        long pos = folio.index() * Content.SIZE;
        IomapOps.Begin begun = operations.begin(pos, Content.SIZE, IomapOps.Purpose.LOOK_UP);
        if (!(begun instanceof IomapOps.Begin.Mapped(Iomap iomap))) {
            folio.lock().unlock();
            return Optional.of(((IomapOps.Begin.Failed) begun).errno());
        }
        if (iomap.type() == Iomap.Type.MAPPED) {
            Bio bio = new Bio(iomap.device(), false, iomap.diskPositionOf(pos));
            bio.add(folio, 0, Content.SIZE);
            bio.submitAndWait();
        } else {
            folio.data().zero(0, Content.SIZE);
        }
        operations.end(pos, Content.SIZE, Content.SIZE, iomap, IomapOps.Purpose.LOOK_UP);
        folio.flags().setBits(Folio.UPTODATE);
        folio.lock().unlock();
        return Optional.empty();
    }

    /// Zeroes the rest of the page that `pos` is in the middle of, where it has a block, so that no old bytes
    /// come back when the file grows. The caller keeps the page from being read or dropped.
    @Models(file = "fs/iomap/buffered-io.c", symbol = "iomap_truncate_page")
    public static void truncatePage(Node node, AddressSpace mapping, long pos, IomapOps operations) {
        int tail = (int) (pos % Content.SIZE);
        if (tail != 0) {
            zeroRange(node, mapping, pos, Content.SIZE - tail, operations);
        }
    }

    /// Zeroes `lengthBytes` bytes from `pos` on, all of one page, where it has a block. The caller keeps the page
    /// from being read or dropped.
    @Models(file = "fs/iomap/buffered-io.c", symbol = "iomap_zero_range")
    public static void zeroRange(Node node, AddressSpace mapping, long pos, int lengthBytes, IomapOps operations) {
        int offset = (int) (pos % Content.SIZE);
        if (!(operations.begin(pos, 1, IomapOps.Purpose.LOOK_UP) instanceof IomapOps.Begin.Mapped(Iomap iomap))
                || iomap.type() == Iomap.Type.HOLE
                || iomap.type() == Iomap.Type.UNWRITTEN && !isCached(mapping, pos / Content.SIZE)) {
            return;
        }
        Folio folio = node.filemap().getLockedFolio(mapping, pos / Content.SIZE);
        writeBegin(folio, offset, lengthBytes, iomap, pos, mapping);
        folio.data().zero(offset, lengthBytes);
        folio.flags().setBits(Folio.DIRTY);
        folio.lock().unlock();
        folio.put();
    }

    private static boolean isCached(AddressSpace mapping, long index) {
        Optional<Folio> folio = mapping.getFolio(index);
        folio.ifPresent(Folio::put);
        return folio.isPresent();
    }

    /// Zeroes the bytes of a range in the one or two pages that it only reaches into, where they have blocks. The caller
    /// keeps the pages from being read or dropped.
    ///
    /// @param endByte behind the last one
    public static void zeroPartialPages(
            Node node, AddressSpace mapping, long startByte, long endByte, IomapOps operations) {
        int tail = (int) (endByte % Content.SIZE);
        if (startByte / Content.SIZE == endByte / Content.SIZE) {
            zeroRange(node, mapping, startByte, (int) (endByte - startByte), operations);
            return;
        }
        truncatePage(node, mapping, startByte, operations);
        if (tail != 0) {
            zeroRange(node, mapping, endByte - tail, tail, operations);
        }
    }

    /// Makes a page of a shared mapping writable: it gets what blocks it needs under its lock, and becomes dirty. The
    /// caller keeps truncation out.
    @Models(file = "fs/iomap/buffered-io.c", symbol = "iomap_page_mkwrite")
    public static VmFaultResult pageMkwrite(VmFault fault, AddressSpace mapping, IomapOps operations) {
        Folio folio = fault.folio();
        folio.lock().lock();
        long pos = folio.index() * Content.SIZE;
        long inside = Math.min(Content.SIZE, mapping.iSize().read() - pos);
        if (!Filemap.isPartOf(folio, mapping) || inside <= 0) {
            folio.lock().unlock();
            return VmFaultResult.NOPAGE;
        }
        IomapOps.Begin begun = operations.begin(pos, inside, IomapOps.Purpose.WRITE);
        if (!(begun instanceof IomapOps.Begin.Mapped(Iomap iomap))) {
            folio.lock().unlock();
            return VmFaultResult.SIGBUS;
        }
        mapping.dirtyFolio(folio);
        operations.end(pos, inside, inside, iomap, IomapOps.Purpose.WRITE);
        Writeback.waitForFolio(folio);
        return VmFaultResult.LOCKED;
    }

    /// Writes a locked folio to the disk and unlocks it. Bytes behind the end of the file are zeroed first.
    @Models(file = "fs/iomap/buffered-io.c", symbol = "iomap_writepages")
    public static Optional<Errno> writeFolio(AddressSpace mapping, Folio folio, IomapOps operations) {
        long pos = folio.index() * Content.SIZE;
        long inside = Math.min(Content.SIZE, mapping.iSize().read() - pos);
        if (inside <= 0) {
            folio.lock().unlock(); // being truncated
            return Optional.empty();
        }
        if (inside < Content.SIZE) {
            folio.data().zero((int) inside, (int) (Content.SIZE - inside)); // a mapping may have been written there
        }
        Writeback.start(folio);
        folio.lock().unlock();
        IomapOps.Begin begun = operations.begin(pos, Content.SIZE, IomapOps.Purpose.WRITE);
        Optional<Errno> error = Optional.empty();
        switch (begun) {
            case IomapOps.Begin.Failed(Errno errno) -> error = Optional.of(errno);
            case IomapOps.Begin.Mapped(Iomap iomap) when iomap.type() == Iomap.Type.HOLE -> {
                // the blocks went with a truncation
            }
            case IomapOps.Begin.Mapped(Iomap iomap) -> {
                Bio bio = new Bio(iomap.device(), true, iomap.diskPositionOf(pos));
                bio.add(folio, 0, Content.SIZE);
                bio.submitAndWait();
                operations.end(pos, Content.SIZE, Content.SIZE, iomap, IomapOps.Purpose.WRITE);
            }
        }
        folio.flags().clearBits(Folio.WRITEBACK);
        return error;
    }
}
