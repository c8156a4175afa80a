package dev.faultline.kernel.fs.fuse;

import dev.faultline.kernel.iov.ExtractedPages;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.FolioHold;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.FuseAbi;
import dev.faultline.kernel.uapi.SysResult;
import java.util.List;
import java.util.Optional;

/// Transfers between the server and user memory, whose pages go into the requests: fs/fuse/file.c.
final class FuseDirect {
    private static final int MAX_PAGES = 32;

    private FuseDirect() {}

    /// Transfers from `pos` on. Faults of the memory are handled while its pages are taken, without a lock of the file's
    /// pages.
    ///
    /// @return the bytes transferred; an error only if none were
    @Models(file = "fs/fuse/file.c", symbol = "fuse_direct_io")
    static SysResult transfer(FuseInode inode, IovIter iter, long pos, int opcode) {
        long done = 0;
        while (iter.count() > 0) {
            switch (iter.extractPages(iter.count(), MAX_PAGES)) {
                case ExtractedPages.Failed(Errno errno) -> {
                    return result(done, Optional.of(errno));
                }
                case ExtractedPages.Pages pages when pages.lengthBytes() == 0 -> {
                    return result(done, Optional.of(Errno.EFAULT));
                }
                case ExtractedPages.Pages pages -> {
                    FuseRequest request = inode.transfer(opcode, pos + done, 0);
                    Optional<Errno> error = leg(inode, request, pages);
                    if (error.isPresent()) {
                        iter.revert(pages.lengthBytes());
                        return result(done, error);
                    }
                    long taken = request.isRead() ? request.dataBytes() : request.answer().load(0, 4);
                    done += taken;
                    iter.revert(pages.lengthBytes() - taken);
                    if (taken < pages.lengthBytes()) {
                        return SysResult.ok(done);
                    }
                }
            }
        }
        return SysResult.ok(done);
    }

    private static SysResult result(long done, Optional<Errno> error) {
        return done > 0 ? SysResult.ok(done) : SysResult.err(error.orElseThrow());
    }

    private static Optional<Errno> leg(FuseInode inode, FuseRequest request, ExtractedPages.Pages pages) {
        long left = pages.lengthBytes();
        int offset = pages.offset();
        for (Folio folio : pages.folios()) {
            int part = (int) Math.min(left, Content.SIZE - offset);
            request.add(new FuseRequest.Piece(folio, offset, part));
            left -= part;
            offset = 0;
        }
        Optional<Errno> error = inode.connection().ask(request);
        release(pages.folios(), pages.hold(), request);
        return error;
    }

    @Models(file = "fs/fuse/file.c", symbol = "fuse_release_user_pages")
    private static void release(List<Folio> folios, FolioHold hold, FuseRequest request) {
        for (Folio folio : folios) {
            if (request.isRead() && folio.isFileBacked()) {
                folio.lock().lock();
                folio.mapping().ifPresent(mapping -> mapping.dirtyFolio(folio));
                folio.lock().unlock();
            }
            hold.release(folio);
        }
    }

    static int opcode(IovIter iter) {
        return iter.direction() == IovIter.Direction.SOURCE ? FuseAbi.WRITE : FuseAbi.READ;
    }
}
