package dev.faultline.kernel.fs;

import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.Finding;
import java.util.List;
import java.util.Optional;

/// A mounted file system on one node. A cluster file system is mounted once a node, over one disk.
public interface FileSystem {
    /// A file, or why there is none.
    sealed interface Lookup {
        /// The file.
        record Found(Inode inode) implements Lookup {}

        /// Why not.
        record Failed(Errno errno) implements Lookup {}
    }

    /// {@return the file with that path below the mount point, e.g. `f`}
    Lookup lookup(String path);

    /// {@return a new, empty file with that path below the mount point; -EEXIST if there is one by now}
    Lookup create(String path);

    /// Puts a file onto the disk before the machine starts: not cached, and clean. No step.
    ///
    /// @param fill what each byte is; empty for a hole
    void format(String path, long sizeBytes, Optional<Byte> fill);

    /// {@return the files that are there, by name} No step.
    List<Inode> inodes();

    /// Everything that the file system finds wrong with itself when all is quiet: references, locks and
    /// pages that nobody owns, dirty data that went missing. Runs alone, at the end of an execution.
    ///
    /// @return each with its kind: leaks, and corruption
    List<Finding> checkQuiescent();
}
