/// The page cache: mm/filemap.c and mm/truncate.c. Start at [AddressSpace], then [Filemap].
///
/// Locks, outermost first: `invalidate_lock`, folio lock, `i_mmap_rwsem`. A lookup takes its reference in
/// the same step. Left out so far: readahead beyond the page asked for, large folios, shadow entries.
@NullMarked
package dev.faultline.kernel.pagecache;

import org.jspecify.annotations.NullMarked;
