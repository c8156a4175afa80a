package dev.faultline.litmus.setup;

import java.util.Optional;
import java.util.OptionalLong;

/// The options of a mount; each file system knows some of them.
///
/// @param dax the file system maps its storage directly (ext4, xfs)
/// @param lower what a stacked file system lies on (unionfs)
/// @param sizeBytes how much it may hold (tmpfs)
/// @param nodes the machines of the cluster that mount it (gfs2)
/// @param huge when it uses huge pages (tmpfs)
/// @param nodatasum data has no checksums (btrfs)
/// @param sectorBytes the smallest unit that its disk transfers (gfs2)
public record MountOptions(boolean dax, Optional<String> lower, OptionalLong sizeBytes, int nodes, HugeFiles huge,
        boolean nodatasum, int sectorBytes) {
    /// No option given.
    public static final MountOptions NONE =
            new MountOptions(false, Optional.empty(), OptionalLong.empty(), 1, HugeFiles.NEVER, false, 512);
}
