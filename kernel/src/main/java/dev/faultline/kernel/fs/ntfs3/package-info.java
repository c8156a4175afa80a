/// ntfs3: a file has clusters up to its end, and a valid size behind which they read as zeroes, whatever they hold. Writes
/// and the direct reads of the old direct I/O code take turns by `i_rwsem`; faults are the generic ones. Start at
/// `Ntfs3File`.
///
/// Locks, outermost first: `i_rwsem`, `mmap_lock` (taken in a fault of the user's memory), `invalidate_lock`, folio lock. A
/// mapping that can be written takes `i_rwsem` inside `mmap_lock`, and therefore only tries. Left out: resident, sparse,
/// compressed and encrypted files, the run lock, the log; docs/model/ntfs.md.
@NullMarked
package dev.faultline.kernel.fs.ntfs3;

import org.jspecify.annotations.NullMarked;
