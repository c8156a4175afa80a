package dev.faultline.litmus.run;

import dev.faultline.kernel.fs.FileSystem;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.btrfs.Btrfs;
import dev.faultline.kernel.fs.ext4.Ext4;
import dev.faultline.kernel.fs.f2fs.F2fs;
import dev.faultline.kernel.fs.fuse.Fuse;
import dev.faultline.kernel.fs.gfs2.Gfs2;
import dev.faultline.kernel.fs.ntfs3.LegacyNtfs;
import dev.faultline.kernel.fs.ntfs3.Ntfs3;
import dev.faultline.kernel.fs.ramfs.Ramfs;
import dev.faultline.kernel.fs.tmpfs.Tmpfs;
import dev.faultline.kernel.fs.tmpfs.TmpfsHuge;
import dev.faultline.kernel.fs.xfs.Xfs;
import dev.faultline.kernel.fs.zonefs.Zonefs;
import dev.faultline.kernel.syscall.Kernel;
import dev.faultline.litmus.setup.HugeFiles;
import dev.faultline.litmus.setup.SetupStep;
import java.util.List;
import java.util.function.Function;

/// The file systems that can be mounted.
final class FileSystems {
    private FileSystems() {}

    /// {@return the types that there is a model of, as `mount` names them}
    static List<String> names() {
        return List.of("gfs2", "ext4", "btrfs", "tmpfs", "xfs", "ramfs", "zonefs", "fuse", "f2fs", "ntfs", "ntfs3");
    }

    /// {@return a new file system as each node of the machine knows it}
    static List<FileSystem> mount(SetupStep.Mount mount, Kernel kernel) {
        return switch (mount.type()) {
            case GFS2 -> Gfs2.mount(kernel.nodes().subList(0, mount.options().nodes()), mount.path(),
                    mount.options().sectorBytes());
            case EXT4 -> onEvery(kernel, node -> new Ext4(node, mount.path()));
            case BTRFS -> onEvery(kernel, node -> new Btrfs(node, mount.path(), !mount.options().nodatasum()));
            case TMPFS -> onEvery(kernel, node -> new Tmpfs(node, mount.path(), mount.options().sizeBytes(), huge(mount.options().huge())));
            case XFS -> onEvery(kernel, node -> new Xfs(node, mount.path()));
            case RAMFS -> onEvery(kernel, node -> new Ramfs(node, mount.path()));
            case ZONEFS -> onEvery(kernel, node -> new Zonefs(node, mount.path()));
            case FUSE -> onEvery(kernel, node -> fuse(kernel, node, mount.path()));
            case F2FS -> onEvery(kernel, node -> new F2fs(node, mount.path()));
            case NTFS3 -> onEvery(kernel, node -> new Ntfs3(node, mount.path()));
            case NTFS -> onEvery(kernel, node -> LegacyNtfs.mounted(node, mount.path()));
            case UNIONFS ->
                throw new IllegalArgumentException("not refused when it was loaded: " + mount);
        };
    }

    private static TmpfsHuge huge(HugeFiles when) {
        return switch (when) {
            case NEVER -> TmpfsHuge.NEVER;
            case ALWAYS -> TmpfsHuge.ALWAYS;
            case WITHIN_SIZE -> TmpfsHuge.WITHIN_SIZE;
            case ADVISE -> TmpfsHuge.ADVISE;
        };
    }

    /// One of its own on every node.
    private static List<FileSystem> onEvery(Kernel kernel, Function<Node, FileSystem> mounted) {
        return kernel.nodes().stream().map(mounted).toList();
    }

    /// With the device of its server.
    private static FileSystem fuse(Kernel kernel, Node node, String path) {
        Fuse fuse = new Fuse(node, path);
        kernel.device(node, Fuse.DEVICE, fuse.device());
        return fuse;
    }
}
