/// fuse: files whose bytes a program has, which reads requests from `/dev/fuse` and writes the answers. Start at `FuseFile`
/// for those who use the files, at `FuseDevice` for the program.
///
/// Locks, outermost first: `i_rwsem`, `mmap_lock` (taken in a fault of the user's memory), `invalidate_lock`, folio lock;
/// and inside all of them the answer of the server, which must not need what whoever asked it holds. Left out: what
/// names and attributes are asked for, interrupts, the end of a server; docs/model/fuse.md.
@NullMarked
package dev.faultline.kernel.fs.fuse;

import org.jspecify.annotations.NullMarked;
