/// btrfs, without checksums, transactions and a tree of more than one leaf.
///
/// Locks, outermost first: `i_rwsem`, `mmap_lock`, `i_mmap_lock` (a semaphore of btrfs's own), folio lock, the lock of
/// direct ranges, the lock of ranges, the mutex of a delayed inode, the leaf of the tree.
@NullMarked
package dev.faultline.kernel.fs.btrfs;

import org.jspecify.annotations.NullMarked;
