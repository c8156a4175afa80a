/// zonefs: a file for each zone of a disk; those of sequential zones are written at their end alone. Start at `ZoneFile`.
///
/// Locks, outermost first: `i_rwsem`, `mmap_lock` (taken in a fault of the user's memory), `invalidate_lock`, folio lock,
/// `i_truncate_mutex` (the size and the write pointer). Left out: zones that go offline or read-only, limits of open
/// zones, errors of the disk; docs/model/zonefs.md.
@NullMarked
package dev.faultline.kernel.fs.zonefs;

import org.jspecify.annotations.NullMarked;
