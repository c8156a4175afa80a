package dev.faultline.litmus.run;

import dev.faultline.kernel.fs.FileSystem;
import dev.faultline.kernel.fs.ext4.Ext4;
import dev.faultline.kernel.fs.gfs2.Gfs2;
import dev.faultline.kernel.fs.tmpfs.Tmpfs;
import dev.faultline.kernel.syscall.Kernel;
import dev.faultline.litmus.setup.SetupStep;
import java.util.ArrayList;
import java.util.List;

/// The file systems that can be mounted.
final class FileSystems {
    private FileSystems() {}

    /// {@return the types that there is a model of, as `mount` names them}
    static List<String> names() {
        return List.of("gfs2", "ext4", "tmpfs");
    }

    /// {@return a new file system as each node of the machine knows it}
    static List<FileSystem> mount(SetupStep.Mount mount, Kernel kernel) {
        return switch (mount.type()) {
            case GFS2 -> Gfs2.mount(kernel.nodes().subList(0, mount.options().nodes()), mount.path());
            case EXT4 -> ext4(mount, kernel);
            case TMPFS -> tmpfs(mount, kernel);
            case XFS, BTRFS, F2FS, FUSE, NTFS, ZONEFS, RAMFS, UNIONFS ->
                throw new IllegalArgumentException("not refused when it was loaded: " + mount);
        };
    }

    /// An ext4 of its own on every node.
    private static List<FileSystem> ext4(SetupStep.Mount mount, Kernel kernel) {
        List<FileSystem> mounted = new ArrayList<>();
        kernel.nodes().forEach(node -> mounted.add(new Ext4(node, mount.path())));
        return mounted;
    }

    private static List<FileSystem> tmpfs(SetupStep.Mount mount, Kernel kernel) {
        List<FileSystem> mounted = new ArrayList<>();
        kernel.nodes().forEach(node -> mounted.add(new Tmpfs(node, mount.path(), mount.options().sizeBytes())));
        return mounted;
    }
}
