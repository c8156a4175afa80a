package dev.faultline.kernel.mm;

import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// The pages of a file of which huge ones can be made (`shmem_mapping`).
public interface CollapsibleFile {
    /// {@return the pages that are cached, from index `first` to `end` (exclusive)} One step for each 2 MiB.
    Set<Folio> cachedPages(long first, long end);

    /// Makes a huge page of those from index `first` on. Called without locks.
    ///
    /// @param isListed whether a page is on the lists of pages, and can be taken off
    /// @return [ScanResult#PTE_MAPPED_HUGEPAGE] if there is one now, which nothing but single entries map
    ScanResult collapse(long first, Predicate<Folio> isListed);

    /// {@return the page with that index, locked, with a reference, if one is cached (`filemap_lock_folio`)}
    Optional<Folio> lockFolio(long index);
}
