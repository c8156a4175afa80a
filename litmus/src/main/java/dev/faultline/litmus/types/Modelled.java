package dev.faultline.litmus.types;

import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedCollection;
import java.util.SequencedSet;
import java.util.Set;

/// What of the language there is a model for. A file that uses more is refused when it is loaded, by name.
///
/// @param calls names of calls, those of the library as well
/// @param fileSystems names of file systems
/// @param features what else a machine may have
public record Modelled(SequencedSet<String> calls, SequencedSet<String> fileSystems, Set<Feature> features) {
    /// The names of all file systems of the language.
    public static final List<String> FILE_SYSTEMS = List.of(
            "gfs2", "ext4", "xfs", "btrfs", "f2fs", "fuse", "ntfs", "ntfs3", "zonefs", "tmpfs", "ramfs", "unionfs");

    /// Copies the sets, in their order.
    public Modelled {
        calls = Collections.unmodifiableSequencedSet(new LinkedHashSet<>(calls));
        fileSystems = Collections.unmodifiableSequencedSet(new LinkedHashSet<>(fileSystems));
        features = Collections.unmodifiableSet(features.isEmpty()
                ? EnumSet.noneOf(Feature.class) : EnumSet.copyOf(features));
    }

    /// Makes one from lists, whose order messages keep.
    public static Modelled of(
            SequencedCollection<String> calls, SequencedCollection<String> fileSystems, Set<Feature> features) {
        return new Modelled(new LinkedHashSet<>(calls), new LinkedHashSet<>(fileSystems), features);
    }

    /// {@return the whole language: for tools that read files and run nothing}
    public static Modelled everything() {
        return of(Calls.names(), FILE_SYSTEMS, EnumSet.allOf(Feature.class));
    }
}
