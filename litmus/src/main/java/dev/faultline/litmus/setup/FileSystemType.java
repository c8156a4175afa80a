package dev.faultline.litmus.setup;

import dev.faultline.litmus.types.Feature;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// The file systems of the language, each with the mount options that it knows.
public enum FileSystemType {
    GFS2(Feature.NODES, Feature.SECTOR),
    EXT4(Feature.DAX),
    XFS(Feature.DAX),
    BTRFS(Feature.NODATASUM),
    F2FS,
    FUSE,
    NTFS,
    NTFS3,
    ZONEFS,
    TMPFS(Feature.SIZE, Feature.HUGE),
    RAMFS,
    UNIONFS(Feature.LOWER);

    private final List<Feature> options;

    FileSystemType(Feature... options) {
        this.options = List.copyOf(Arrays.asList(options));
    }

    /// {@return the name that `mount` uses}
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// {@return the folders that it has from the start}
    List<String> folders() {
        return this == ZONEFS ? List.of("cnv", "seq") : List.of();
    }

    /// {@return the mount options that it knows}
    List<Feature> options() {
        return options;
    }

    /// {@return the file system that `mount` calls `word`}
    static Optional<FileSystemType> of(String word) {
        return Arrays.stream(values()).filter(type -> type.word().equals(word)).findFirst();
    }

    @Override
    public String toString() {
        return word();
    }
}
