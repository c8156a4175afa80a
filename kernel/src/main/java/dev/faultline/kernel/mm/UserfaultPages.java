package dev.faultline.kernel.mm;

import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.shared.Cell;
import java.util.Optional;

/// The pages of a file that a program may fill in itself while it serves the faults of an area that maps the file:
/// what mm/userfaultfd.c and `shmem_mfill_atomic_pte` ask of the file system.
///
/// To fill a page in: [#acct], [#iSize], [#add], then the entry, then [#count]. Backwards: [#remove] after `add`,
/// and [#unacct] after `acct` and before `count`.
public interface UserfaultPages {
    /// What was found.
    sealed interface Found {
        /// The page, locked, up to date, with a reference for the caller.
        record Page(Folio folio) implements Found {}

        /// -ENOENT where there is no page, -EINVAL behind the end of the file, -EIO.
        record Failed(Errno errno) implements Found {}
    }

    /// Finds a page that the file has, in the cache or in swap, and makes none (`SGP_NOALLOC`).
    Found getFolioNoalloc(long index);

    /// Finds a page that the file has and whose bytes are there, in the cache or in swap, and makes none (`SGP_READ`).
    Found getFolioRead(long index);

    /// Charges one page to the file and to its mount.
    ///
    /// @return why not: there is no room
    Optional<Errno> acct();

    /// Takes back what [#acct] charged.
    void unacct();

    /// {@return the size of the file, in bytes (`i_size`)}
    Cell iSize();

    /// Puts a locked, up-to-date, dirty folio into the cache, which takes a reference of its own. One step.
    ///
    /// @return whether there was neither a page nor a swap entry (`shmem_add_to_page_cache`)
    boolean add(long index, Folio folio);

    /// Takes a locked folio out of the cache again, and the cache's reference (`filemap_remove_folio`).
    void remove(Folio folio);

    /// Counts a page that is in the cache as the file's (`shmem_recalc_inode(inode, 1, 0)`). After it the charge is given
    /// back by itself when the page goes.
    void count();
}
