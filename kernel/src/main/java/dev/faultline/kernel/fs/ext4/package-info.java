/// ext4, as the plain file system beside the others: locks outside, pages inside, no cluster.
///
/// Locks, outermost first: `i_rwsem`, `mmap_lock` (taken in a fault of the user's memory, never inside a fault
/// of the file), `invalidate_lock`, folio lock. Left out so far: the journal, extents.
@NullMarked
package dev.faultline.kernel.fs.ext4;

import org.jspecify.annotations.NullMarked;
