package dev.faultline.kernel.fs.tmpfs;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Rmap;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import java.util.Optional;

/// fallocate(2) on one file.
final class ShmemFallocate {
    private static final int KNOWN = Fcntl.FALLOC_FL_KEEP_SIZE | Fcntl.FALLOC_FL_PUNCH_HOLE;

    private final ShmemInode inode;

    ShmemFallocate(ShmemInode inode) {
        this.inode = inode;
    }

    /// Takes and drops `i_rwsem` for writing.
    @Models(file = "mm/shmem.c", symbol = "shmem_fallocate")
    Optional<Errno> fallocate(int mode, long offset, long lengthBytes) {
        if ((mode & ~KNOWN) != 0) {
            return Optional.of(Errno.EOPNOTSUPP);
        }
        inode.iRwsem().downWrite();
        Optional<Errno> error = (mode & Fcntl.FALLOC_FL_PUNCH_HOLE) != 0 ? punch(offset, offset + lengthBytes)
                : allocate(mode, offset, offset + lengthBytes);
        inode.iRwsem().upWrite();
        return error;
    }

    /// Copies that private mappings have made of the pages stay.
    private Optional<Errno> punch(long start, long end) {
        if (inode.seals().has(ShmemSeals.NO_WRITES)) {
            return Optional.of(Errno.EPERM);
        }
        long first = Content.pages(start);
        long last = end / Content.SIZE;
        inode.falloc().begin(new ShmemFalloc.Range(first, last, true));
        if (last > first) {
            Rmap.unmapMappingPages(inode.mapping(), first, last - 1);
        }
        ShmemTruncate.punch(inode, start, end);
        inode.falloc().end();
        return Optional.empty();
    }

    private Optional<Errno> allocate(int mode, long start, long end) {
        if (inode.seals().has(Fcntl.F_SEAL_GROW) && end > inode.mapping().iSize().read()) {
            return Optional.of(Errno.EPERM);
        }
        long first = start / Content.SIZE;
        long behind = Content.pages(end);
        BlockLimit limit = inode.blocks().limit();
        if (limit.isLimited() && behind - first > limit.maxBlocks()) {
            return Optional.of(Errno.ENOSPC);
        }
        inode.falloc().begin(new ShmemFalloc.Range(first, behind, false));
        long before = inode.huge().isOn() ? inode.fallocend().read() : behind;
        if (before < behind) {
            inode.fallocend().write(behind);
        }
        Optional<Errno> error = allocatePages(first, behind, before);
        boolean keepsSize = (mode & Fcntl.FALLOC_FL_KEEP_SIZE) != 0;
        if (error.isEmpty() && !keepsSize && end > inode.mapping().iSize().read()) {
            inode.mapping().iSize().write(end);
        }
        inode.falloc().end();
        return error;
    }

    /// @param before where what was allocated before ends, if that is not as far as `behind`
    private Optional<Errno> allocatePages(long first, long behind, long before) {
        long index = first;
        while (index < behind) {
            Shmem.Got got = inode.falloc().isThrashing() ? new Shmem.Got.Failed(Errno.ENOMEM)
                    : inode.pages().getFolio(index, Shmem.Intent.FALLOC, behind * Content.SIZE, Optional.empty());
            switch (got) {
                case Shmem.Got.Page(Folio folio) -> {
                    long next = folio.nextIndex();
                    keep(folio, next, next - index);
                    index = next;
                }
                case Shmem.Got.Failed(Errno errno) -> {
                    if (before < behind) {
                        inode.fallocend().write(before);
                    }
                    if (index > first) {
                        ShmemTruncate.unfalloc(inode, first, index);
                    }
                    return Optional.of(errno);
                }
                case Shmem.Got.Hole _, Shmem.Got.Handled _ -> throw new AssertionError("a page to have is made");
            }
        }
        return Optional.empty();
    }

    /// The page stays as it is, not up to date if it is new, so that it can be taken out again on error; but dirty, so that
    /// reclaim swaps it out and does not drop it.
    private void keep(Folio folio, long next, long pages) {
        inode.falloc().reached(next, folio.flags().readBits(Folio.UPTODATE) == 0 ? pages : 0);
        folio.flags().setBits(Folio.DIRTY);
        folio.lock().unlock();
        folio.put();
    }
}
