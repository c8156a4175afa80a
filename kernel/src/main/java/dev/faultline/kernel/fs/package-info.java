/// What file systems have in common (include/linux/fs.h, fs/): inodes, open files, requests, mounts, and
/// the tables of operations through which the system calls reach a file system.
///
/// Locks, outermost first: `i_rwsem`, a file system's own, `mmap_lock` (in faults, reversed: see gfs2).
@NullMarked
package dev.faultline.kernel.fs;

import org.jspecify.annotations.NullMarked;
