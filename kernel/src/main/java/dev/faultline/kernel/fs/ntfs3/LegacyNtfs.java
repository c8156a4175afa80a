package dev.faultline.kernel.fs.ntfs3;

import dev.faultline.kernel.fs.FileSystem;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;

/// What mounting a file system by the name `ntfs` comes to: an ntfs3 that can only be read.
@FunctionalInterface
public interface LegacyNtfs {
    /// The seam at which other forms plug in.
    Part<LegacyNtfs> PART = new Part<>("fs.ntfs3.LegacyNtfs", LegacyNtfs.class);

    /// {@return an empty file system on a disk of its own}
    @Models(file = "fs/ntfs3/super.c", symbol = "ntfs_legacy_init_fs_context")
    FileSystem mount(Node node, String mountPoint);

    /// {@return the file system in the form of that kernel}
    static FileSystem mounted(Node node, String mountPoint) {
        LegacyNtfs legacy = node.parts().get(PART, () -> Ntfs3::readOnly);
        return legacy.mount(node, mountPoint);
    }
}
