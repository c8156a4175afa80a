/// xfs: readers and writers exclude one another, blocks are found when pages are written. Start at `XfsFile`.
///
/// Locks, outermost first: `i_rwsem` (XFS_IOLOCK), `mmap_lock` (taken in a fault of the user's memory),
/// `invalidate_lock` (XFS_MMAPLOCK), folio lock, `i_lock` (XFS_ILOCK: the extents and the size on disk).
/// Left out: the log, reflink, the realtime device, preallocation beyond what was asked for; docs/model/xfs.md.
@NullMarked
package dev.faultline.kernel.fs.xfs;

import org.jspecify.annotations.NullMarked;
