/// What file systems have in common (include/linux/fs.h, fs/): inodes, open files, requests, mounts, and
/// the tables of operations through which the system calls reach a file system.
///
/// Pipes and what moves pages through them are here as well (fs/pipe.c, fs/splice.c): start at [PipeFile] and [SpliceRead].
///
/// Locks, outermost first: the mutex of a pipe, `i_rwsem`, a file system's own, `mmap_lock` (in faults, reversed: see gfs2).
@NullMarked
package dev.faultline.kernel.fs;

import org.jspecify.annotations.NullMarked;
