/// ramfs: files that are nothing but the page cache. Start at `RamfsFile`.
///
/// Locks, outermost first: `i_rwsem`, `mmap_lock` (taken in a fault of the user's memory), `invalidate_lock` (where a page
/// is added), folio lock. Nothing is written anywhere; what the generic functions do is all there is.
@NullMarked
package dev.faultline.kernel.fs.ramfs;

import org.jspecify.annotations.NullMarked;
