/// gfs2: a cluster file system. Every node caches what it holds a cluster lock (glock) for, and gives it up
/// when another node asks. Start at [Gfs2File], then [Glock].
///
/// Locks, outermost first, in reads and writes: `i_rwsem`, inode glock, folio lock. In page faults:
/// `mmap_lock`, inode glock, folio lock. The glock is thus taken on both sides of `mmap_lock`, and one of its
/// own holders may ask for it again in a fault; so no fault is handled while a glock is held.
///
/// Left out: resource groups, the journal, iopen and freeze glocks, withdrawal, minimum hold times.
@NullMarked
package dev.faultline.kernel.fs.gfs2;

import org.jspecify.annotations.NullMarked;
