/// tmpfs (mm/shmem.c): files whose pages are nowhere but in the page cache, counted against the limit of the mount.
/// Start at [Shmem], which finds and makes pages; [ShmemFile] is what programs reach.
///
/// Locks, outermost first: `i_rwsem`, `mmap_lock` (taken in a fault of the user's memory; never `i_rwsem` inside a
/// fault), folio lock, `i_mmap_rwsem`; `info->lock` and `i_lock` are leaves, whose sections are single steps.
/// Left out: what docs/model/tmpfs.md says.
@NullMarked
package dev.faultline.kernel.fs.tmpfs;

import org.jspecify.annotations.NullMarked;
