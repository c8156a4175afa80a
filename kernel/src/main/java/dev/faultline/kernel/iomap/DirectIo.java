package dev.faultline.kernel.iomap;

import dev.faultline.kernel.block.Bio;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.iov.ExtractedPages;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Truncate;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.shared.Completion;
import dev.faultline.machine.task.Machine;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/// Direct I/O: fs/iomap/direct-io.c. A request that nobody waits for goes on in a task for each of its bios, the
/// last of which completes it; everything else is done by the task that made the request.
public class DirectIo {
    /// The seam at which other forms plug in.
    public static final Part<DirectIo> PART = new Part<>("iomap.DirectIo", DirectIo.class);

    /// What the address of the program's memory must be a multiple of (`bdev_dma_alignment`).
    private static final int DMA_ALIGNMENT = 512;
    private static final int MAX_VECTORS = 256;

    /// Today's form.
    public DirectIo() {}

    /// One request on its way (`struct iomap_dio`).
    protected static final class Dio {
        private final Kiocb iocb;
        private final IovIter iter;
        private final IomapOps operations;
        private final DioOps ends;
        private final boolean write;
        private final long startPos;
        private final long iSize;
        private final long doneBefore;
        private final boolean queued;
        private final Cell references;
        private final Completion done;
        private boolean waits;
        private Optional<Errno> error = Optional.empty();
        private long pos;
        private long sizeBytes;

        Dio(Kiocb iocb, IovIter iter, IomapOps operations, DioOps ends, EnumSet<DioFlag> flags, long doneBefore) {
            this.iocb = iocb;
            this.iter = iter;
            this.operations = operations;
            this.ends = ends;
            this.write = iter.direction() == IovIter.Direction.SOURCE;
            this.startPos = iocb.pos();
            this.iSize = mapping().iSize().read();
            this.doneBefore = doneBefore;
            this.queued = !iocb.isSync() && !flags.contains(DioFlag.FORCE_WAIT);
            this.waits = !queued;
            this.pos = startPos;
            this.references = new Cell(machine(), "iomap_dio ref", mapping(), 0); // so that a finished one is as good as none
            this.done = new Completion(machine(), "iomap_dio", mapping());
        }

        /// {@return the cached pages of the file}
        public AddressSpace mapping() {
            return iocb.inode().mapping();
        }

        private Machine machine() {
            return mapping().machine();
        }

        /// {@return where in the file the request starts, in bytes}
        public long startPos() {
            return startPos;
        }

        /// {@return whether the request is a write}
        public boolean isWrite() {
            return write;
        }

        /// {@return the bytes transferred, or on their way}
        public long sizeBytes() {
            return sizeBytes;
        }

        /// {@return the user's memory}
        public IovIter iter() {
            return iter;
        }

        /// Makes whoever made the request wait for it after all (`wait_for_completion`).
        public void waitForCompletion() {
            waits = true;
        }
    }

    /// Transfers between the disk and user memory, past the page cache: what is cached dirty in the range is
    /// written first, and for a write what is cached there is dropped, before and after.
    ///
    /// @param doneBefore what earlier legs of the same request transferred: part of the result
    /// @return the bytes transferred, `doneBefore` included; -EIOCBQUEUED if the request goes on by itself, and the
    ///         caller must not touch it any more; -ENOTBLK if it has to go through the page cache; -EFAULT, -EINVAL,
    ///         -EIO
    @Models(file = "fs/iomap/direct-io.c", symbol = "iomap_dio_rw")
    public final SysResult rw(Kiocb iocb, IovIter iter, IomapOps operations, EnumSet<DioFlag> flags, long doneBefore) {
        return rw(iocb, iter, operations, DioOps.NONE, flags, doneBefore);
    }

    /// As the other, with what the file system does when the transfer is over.
    @Models(file = "fs/iomap/direct-io.c", symbol = "iomap_dio_rw")
    public SysResult rw(Kiocb iocb, IovIter iter, IomapOps operations, DioOps ends, EnumSet<DioFlag> flags,
            long doneBefore) {
        long length = iter.count();
        if (length == 0) {
            return SysResult.ZERO;
        }
        Dio dio = new Dio(iocb, iter, operations, ends, flags, doneBefore);
        if (!dio.write && dio.startPos >= dio.iSize) {
            return SysResult.ZERO;
        }
        if (flags.contains(DioFlag.OVERWRITE_ONLY) && dio.startPos + length > dio.iSize) {
            return SysResult.err(Errno.EAGAIN);
        }
        Optional<Errno> unready = prepare(dio, length);
        if (unready.isPresent()) {
            return SysResult.err(unready.get());
        }
        if (dio.queued) {
            dio.references.pokeUnseen(1);
        }
        dio.mapping().dioBegin();
        dio.error = ended(dio, transfer(dio, length), flags);
        if (dio.queued && dio.references.addAndGet(-1) > 0) {
            if (!dio.waits) {
                return answer(dio, SysResult.err(Errno.EIOCBQUEUED));
            }
            dio.done.waitFor();
        }
        return answer(dio, complete(dio));
    }

    private Optional<Errno> prepare(Dio dio, long length) {
        long end = dio.startPos + length - 1;
        if (dio.iocb.isNowait() && Writeback.hasPage(dio.mapping(), dio.startPos, end, !dio.write)) {
            return Optional.of(Errno.EAGAIN); // a write might wait for any page in its way, a read for dirty ones
        }
        Optional<Errno> error = Writeback.writeAndWaitRange(dio.mapping(), dio.startPos, end);
        if (!dio.write) {
            return error;
        }
        if (error.isPresent()) {
            return Optional.of(Errno.ENOTBLK);
        }
        return invalidateBefore(dio.mapping(), dio.startPos, length);
    }

    /// Drops what is cached of the `lengthBytes` bytes that are to be written.
    ///
    /// @return -ENOTBLK if a page has to stay: the request goes through the cache
    @Models(file = "mm/filemap.c", symbol = "kiocb_invalidate_pages")
    protected Optional<Errno> invalidateBefore(AddressSpace mapping, long pos, long lengthBytes) {
        return invalidate(mapping, pos, lengthBytes).map(busy -> Errno.ENOTBLK);
    }

    /// Drops what is cached of a range.
    ///
    /// @return -EBUSY if a page has to stay
    protected static Optional<Errno> invalidate(AddressSpace mapping, long pos, long lengthBytes) {
        return Truncate.invalidateInodePages2Range(mapping, pos / Content.SIZE, (pos + lengthBytes - 1) / Content.SIZE);
    }

    /// {@return what whoever made the request is told instead of `result`} If that is -EIOCBQUEUED, the request may be
    /// over by now.
    protected SysResult answer(Dio dio, SysResult result) {
        return result;
    }

    private Optional<Errno> transfer(Dio dio, long length) {
        long left = length;
        while (left > 0 && (dio.pos < dio.iSize || dio.write || readsBehindTheEnd())) {
            IomapOps.Begin begun = dio.operations.begin(dio.pos, left, IomapOps.Purpose.LOOK_UP);
            if (!(begun instanceof IomapOps.Begin.Mapped(Iomap iomap))) {
                return Optional.of(((IomapOps.Begin.Failed) begun).errno());
            }
            long here = Math.min(left, iomap.offset() + iomap.lengthBytes() - dio.pos);
            SysResult done = extent(dio, iomap, here);
            Optional<Errno> atEnd = dio.operations.end(dio.pos, here, done.bytes(), iomap, IomapOps.Purpose.LOOK_UP);
            if (atEnd.isPresent() && done.bytes() == 0 && (done instanceof SysResult.Ok || errorOfEndCounts())) {
                return atEnd;
            }
            switch (done) {
                case SysResult.Err(Errno errno) -> {
                    return Optional.of(errno);
                }
                case SysResult.Ok(long bytes) -> {
                    dio.pos += bytes;
                    left -= bytes;
                }
            }
            if (done.bytes() == 0) {
                break;
            }
        }
        if (!dio.write && dio.pos > dio.iSize) {
            dio.iter.revert(dio.pos - dio.iSize);
        }
        return Optional.empty();
    }

    /// {@return whether the file system's error behind a transfer that moved nothing counts, and not that of the transfer}
    @Models(file = "fs/iomap/iter.c", symbol = "iomap_iter")
    protected boolean errorOfEndCounts() {
        return true;
    }

    /// {@return whether a read goes on behind the end of the file, where a hole begins, and zeroes the memory that is
    /// left; what counts is the bytes inside, but an error there is one of the whole}
    protected boolean readsBehindTheEnd() {
        return true;
    }

    private SysResult extent(Dio dio, Iomap iomap, long length) {
        return switch (iomap.type()) {
            case HOLE -> dio.write ? SysResult.err(Errno.ENOTBLK) : hole(dio, length);
            case MAPPED, UNWRITTEN -> blocks(dio, iomap, length);
            case DELALLOC -> SysResult.err(Errno.EIO); // a collision with a store through a mapping
        };
    }

    /// Reads a hole: zeroes, written through the program's own mapping.
    @Models(file = "fs/iomap/direct-io.c", symbol = "iomap_dio_hole_iter")
    private SysResult hole(Dio dio, long length) {
        long zeroed = dio.iter.zero(length);
        dio.sizeBytes += zeroed;
        return zeroed == 0 ? noProgress() : SysResult.ok(zeroed);
    }

    /// {@return what a user copy that did not get anywhere comes to}
    protected SysResult noProgress() {
        return SysResult.err(Errno.EFAULT);
    }

    /// Transfers blocks, a bio at a time.
    ///
    /// @return the bytes transferred; an error only if none were
    @Models(file = "fs/iomap/direct-io.c", symbol = "iomap_dio_bio_iter")
    private SysResult blocks(Dio dio, Iomap iomap, long length) {
        int block = iomap.device().logicalBlockBytes();
        if ((dio.pos | length) % block != 0 || dio.iter.address() % memoryAlignment(block) != 0) {
            return SysResult.err(Errno.EINVAL);
        }
        long original = dio.iter.count();
        dio.iter.truncate(length);
        long copied = 0;
        Optional<Errno> error = Optional.empty();
        while (dio.iter.count() > 0 && error.isEmpty()) {
            Bio bio = new Bio(iomap.device(), dio.write, iomap.diskPositionOf(dio.pos + copied));
            error = bioIovIterGetPages(bio, dio.iter, block);
            if (error.isEmpty()) {
                copied += bio.sizeBytes();
                submit(dio, bio);
            }
        }
        dio.sizeBytes += copied;
        dio.iter.reexpand(original - copied);
        return copied > 0 || error.isEmpty() || isLost(dio, iomap) ? SysResult.ok(copied) : SysResult.err(error.get());
    }

    /// {@return what the address of the program's memory must be a multiple of, where the disk transfers blocks of that
    /// many bytes}
    protected int memoryAlignment(int logicalBlockBytes) {
        return DMA_ALIGNMENT;
    }

    /// {@return whether an error of a write is lost, as zeroing the rest of its last block succeeds afterwards: that
    /// is done for new blocks and behind the end of the file, unless the transfer has come to the end of a block}
    private static boolean isLost(Dio dio, Iomap iomap) {
        return dio.write && dio.pos % Content.SIZE != 0
                && (iomap.type() == Iomap.Type.UNWRITTEN || dio.pos >= dio.mapping().iSize().read());
    }

    /// Fills a bio with pages of user memory.
    ///
    /// @return an error only if there is not a single one
    @Models(file = "block/bio.c", symbol = "bio_iov_iter_get_pages")
    private static Optional<Errno> bioIovIterGetPages(Bio bio, IovIter iter, int block) {
        while (iter.count() > 0 && bio.vectors().size() < MAX_VECTORS) {
            switch (iter.extractPages(iter.count(), MAX_VECTORS - bio.vectors().size())) {
                case ExtractedPages.Failed(Errno errno) -> {
                    return bio.vectors().isEmpty() ? Optional.of(errno) : trimmed(bio, iter, block);
                }
                case ExtractedPages.Pages pages when pages.lengthBytes() == 0 -> {
                    return bio.vectors().isEmpty() ? Optional.of(Errno.EFAULT) : trimmed(bio, iter, block);
                }
                case ExtractedPages.Pages pages -> addPages(bio, pages);
            }
        }
        return trimmed(bio, iter, block);
    }

    private static void addPages(Bio bio, ExtractedPages.Pages pages) {
        long left = pages.lengthBytes();
        int offset = pages.offset();
        for (Folio folio : pages.folios()) {
            int part = (int) Math.min(left, Content.SIZE - offset);
            bio.add(folio, pages.hold(), offset, part);
            left -= part;
            offset = 0;
        }
    }

    /// Cuts the bio down to whole blocks and takes the iterator back over the rest.
    private static Optional<Errno> trimmed(Bio bio, IovIter iter, int block) {
        int excess = (int) (bio.sizeBytes() % block);
        iter.revert(excess);
        while (excess > 0) {
            Bio.Vector last = bio.vectors().removeLast();
            int kept = Math.max(0, last.lengthBytes() - excess);
            excess -= last.lengthBytes() - kept;
            if (kept > 0) {
                bio.add(last.folio(), last.hold(), last.offset(), kept);
            } else {
                last.release();
            }
        }
        return bio.vectors().isEmpty() ? Optional.of(Errno.EFAULT) : Optional.empty();
    }

    private void submit(Dio dio, Bio bio) {
        List<Folio> written = dio.write ? List.of() : bio.vectors().stream().map(Bio.Vector::folio).toList();
        written.forEach(DirectIo::setDirty);
        if (dio.queued) {
            dio.references.add(1);
            bio.submit(dio.machine(), dio.write ? "direct write" : "direct read", () -> endIo(dio, bio, written));
        } else {
            bio.submitAndWait();
            release(bio, written);
        }
    }

    /// A bio of a request that nobody waits for is over. The last one completes the request; only then are the pages
    /// given back.
    @Models(file = "fs/iomap/direct-io.c", symbol = "iomap_dio_bio_end_io")
    private void endIo(Dio dio, Bio bio, List<Folio> written) {
        if (dio.references.addAndGet(-1) == 0) {
            if (dio.waits) {
                dio.done.complete();
            } else {
                dio.iocb.complete(complete(dio));
            }
        }
        release(bio, written);
    }

    private static void release(Bio bio, List<Folio> written) {
        written.forEach(DirectIo::checkDirty);
        bio.vectors().forEach(Bio.Vector::release);
    }

    /// Marks a page dirty before the device writes into it. That of anonymous memory is for nobody but reclaim, which
    /// looks at it whether or not the page is locked.
    @Models(file = "block/bio.c", symbol = "bio_set_pages_dirty")
    private static void setDirty(Folio folio) {
        if (!folio.isFileBacked()) {
            folio.flags().setBits(Folio.DIRTY);
            return;
        }
        folio.lock().lock();
        folio.mapping().ifPresent(mapping -> mapping.dirtyFolio(folio));
        folio.lock().unlock();
    }

    /// Marks the page again if it was written back while the device was at work.
    @Models(file = "block/bio.c", symbol = "bio_check_pages_dirty")
    private static void checkDirty(Folio folio) {
        if (folio.flags().readBits(Folio.DIRTY) == 0) {
            setDirty(folio);
        }
    }

    /// What the error that stopped the transfer, if one did, means for the request.
    protected Optional<Errno> ended(Dio dio, Optional<Errno> error, EnumSet<DioFlag> flags) {
        boolean partial = dio.sizeBytes > 0 && flags.contains(DioFlag.PARTIAL)
                && error.filter(errno -> errno == Errno.EFAULT).isPresent();
        boolean restInCache = error.filter(errno -> errno == Errno.ENOTBLK).isPresent();
        if (!partial && !restInCache) {
            return error;
        }
        dio.waitForCompletion();
        return Optional.empty();
    }

    @Models(file = "fs/iomap/direct-io.c", symbol = "iomap_dio_complete")
    private SysResult complete(Dio dio) {
        long done = dio.write ? dio.sizeBytes : Math.min(dio.sizeBytes, dio.iSize - dio.startPos);
        if (dio.write && done > 0 && dio.error.isEmpty()) {
            dio.ends.endIo(dio.startPos, done);
            invalidateAfterwards(dio);
        }
        dio.mapping().dioEnd();
        if (dio.error.isPresent()) {
            return SysResult.err(dio.error.get());
        }
        if (done <= 0) {
            return SysResult.ok(done);
        }
        dio.iocb.setPos(dio.iocb.pos() + done);
        Optional<Errno> unsynced = dio.write && dio.iocb.isDsync() ? dio.iocb.file().fsync() : Optional.empty();
        return unsynced.isPresent() ? SysResult.err(unsynced.get()) : SysResult.ok(done + dio.doneBefore);
    }

    /// Drops what is cached of what was written: readahead, or a fault of the source, may have filled the cache again.
    /// A page that has to stay is only warned of: the write succeeded.
    @Models(file = "mm/filemap.c", symbol = "kiocb_invalidate_post_direct_write")
    protected void invalidateAfterwards(Dio dio) {
        invalidate(dio.mapping(), dio.startPos, dio.sizeBytes);
    }
}
