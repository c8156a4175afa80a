package dev.faultline.kernel.fs.fuse;

import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.FuseAbi;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.RetryLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Buffered writes, which go to the page cache and to the server: fs/fuse/file.c.
public class FuseWrite {
    /// The seam at which other forms plug in.
    public static final Part<FuseWrite> PART = new Part<>("fs.fuse.FuseWrite", FuseWrite.class);

    private static final int MAX_PAGES = 32;

    /// Today's form.
    public FuseWrite() {}

    /// Pages that a request was filled with, and which of them are still locked.
    private static final class Filled {
        private final List<Folio> folios = new ArrayList<>();
        private final List<Folio> locked = new ArrayList<>();
        private long bytes;
        private Optional<Errno> error = Optional.empty();
    }

    /// Writes from the iterator at `pos`, a request after the other. The caller holds `i_rwsem` for writing.
    ///
    /// @return the bytes written; an error only if none were
    @Models(file = "fs/fuse/file.c", symbol = "fuse_perform_write")
    final SysResult perform(FuseInode inode, IovIter from, long pos) {
        long written = 0;
        Optional<Errno> error = Optional.empty();
        while (from.count() > 0 && error.isEmpty()) {
            FuseRequest request = inode.transfer(FuseAbi.WRITE, pos + written, 0);
            Filled filled = fill(inode, request, from, pos + written);
            if (filled.bytes == 0) {
                error = filled.error;
                break;
            }
            error = send(inode, request, filled);
            if (error.isEmpty()) {
                long taken = request.answer().load(0, 4);
                written += taken;
                error = taken == filled.bytes ? error : Optional.of(Errno.EIO);
            }
        }
        if (pos + written > inode.mapping().iSize().read()) {
            inode.mapping().iSize().write(pos + written);
        }
        return written > 0 || error.isEmpty() ? SysResult.ok(written) : SysResult.err(error.get());
    }

    /// Fills a request with pages, each locked while it is copied to. The rest of a page that was not up to date is not
    /// known: it stays locked until the server has what was written, and is the last.
    @Models(file = "fs/fuse/file.c", symbol = "fuse_fill_write_pages")
    private Filled fill(FuseInode inode, FuseRequest request, IovIter from, long pos) {
        RetryLoop loop = inode.node().machine().retryLoop("fuse_fill_write_pages");
        Filled filled = new Filled();
        boolean more = true;
        while (more && from.count() > 0 && filled.folios.size() < MAX_PAGES) {
            long at = pos + filled.bytes;
            int offset = (int) (at % Content.SIZE);
            int bytes = (int) Math.min(Content.SIZE - offset, from.count());
            if (faultsInFirst() && from.faultInReadable(bytes) != 0) {
                filled.error = Optional.of(Errno.EFAULT);
                break;
            }
            Folio folio = inode.node().filemap().getLockedFolio(inode.mapping(), at / Content.SIZE);
            int copied = (int) from.copyFolioFromIterAtomic(folio, offset, bytes);
            if (copied > 0) {
                request.add(new FuseRequest.Piece(folio, offset, copied));
                more = taken(filled, folio, copied) && (offset + copied) % Content.SIZE == 0;
            } else {
                folio.lock().unlock();
                folio.put();
                if (!faultsInFirst() && from.faultInReadable(bytes) != 0) {
                    filled.error = Optional.of(Errno.EFAULT);
                    break;
                }
            }
            loop.again(filled.bytes);
        }
        return filled;
    }

    /// {@return whether another page may follow}
    private boolean taken(Filled filled, Folio folio, int copied) {
        filled.folios.add(folio);
        filled.bytes += copied;
        if (copied == Content.SIZE) {
            folio.flags().setBits(Folio.UPTODATE);
        }
        if (!keepsLocked() && folio.flags().readBits(Folio.UPTODATE) != 0) {
            folio.lock().unlock();
            return true;
        }
        filled.locked.add(folio);
        return keepsLocked();
    }

    @Models(file = "fs/fuse/file.c", symbol = "fuse_send_write_pages")
    private static Optional<Errno> send(FuseInode inode, FuseRequest request, Filled filled) {
        Optional<Errno> error = inode.connection().ask(request);
        long left = error.isPresent() ? 0 : request.answer().load(0, 4);
        boolean isShort = left < filled.bytes;
        for (FuseRequest.Piece piece : request.pieces()) {
            if (isShort && left < piece.lengthBytes()) {
                piece.folio().flags().clearBits(Folio.UPTODATE);
            }
            left = Math.max(0, left - piece.lengthBytes());
        }
        filled.locked.forEach(folio -> folio.lock().unlock());
        filled.folios.forEach(Folio::put);
        return error;
    }

    /// {@return whether the source is faulted in before its page is locked, and not after a copy that got nowhere}
    protected boolean faultsInFirst() {
        return false;
    }

    /// {@return whether all pages of a request stay locked until the server has answered}
    protected boolean keepsLocked() {
        return false;
    }
}
