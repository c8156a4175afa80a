/// f2fs: readers take no lock of the inode, and a fault of the source decides whether blocks are made before a write.
/// Start at `F2fsFile`.
///
/// Locks, outermost first: `i_rwsem`, `mmap_lock` (taken in a fault of the user's memory), `i_gc_rwsem[WRITE]`,
/// `i_gc_rwsem[READ]`, `invalidate_lock`, folio lock. Left out: checkpoints and the locks that keep them out
/// (`cp_rwsem`), garbage collection, nodes, inline data, compression, atomic and pinned files; docs/model/f2fs.md.
@NullMarked
package dev.faultline.kernel.fs.f2fs;

import org.jspecify.annotations.NullMarked;
