package dev.faultline.mutants;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Packages of the kernel that are tried together, and the tests that may notice what is left out of them.
///
/// @param name     selects it, and names its files
/// @param packages whose mutants are made, as they are called within the kernel
/// @param zoo      the folders of the zoo whose tests are tried
/// @param earlier  whether what the zoo says of earlier kernels is tried as well where it says that a bug is there
/// @param corpora  the tables of recorded outcomes, a folder of the zoo and the file system, that are compared
/// @param tests    what the names of the kernel's test classes begin with
/// @param sample   how many mutants are tried, drawn at random; 0 means all
record Group(String name, List<String> packages, List<String> zoo, boolean earlier, List<String> corpora,
        List<String> tests, int sample) {
    private static final String KERNEL = "dev.faultline.kernel.";
    private static final List<String> EVERYTHING = List.of("aio", "btrfs", "dio", "f2fs", "fallocate", "fuse", "gfs2",
            "mm", "ntfs", "pipe", "refused", "tags", "tmpfs", "uffd", "xfs", "zonefs");
    private static final List<String> UFFD_ZOO = List.of("uffd", "uffd-checklist", "tmpfs", "refused", "hugetlb", "mm");
    private static final List<String> RECORDED = List.of("live/ext4", "live/xfs", "live/btrfs", "live/gfs2", "live/tmpfs");

    static final Path RECORDED_PROGRAMS = Path.of("../zoo/recorded");

    /// Random programs of two threads.
    static final Path THREADS = Path.of("../zoo/threads");

    static final long SEED = 1;

    static final List<Group> ALL = List.of(
            new Group("uffd", List.of("uffd", "fs.tmpfs"), UFFD_ZOO, false,
                    List.of("live/tmpfs"), List.of("uffd/", "fs/", "mm/"), 0),
            new Group("hugetlb", List.of("fs.hugetlbfs"), UFFD_ZOO, false,
                    List.of("live/tmpfs"), List.of("uffd/", "fs/", "mm/"), 0),
            new Group("gfs2", List.of("fs.gfs2"), EVERYTHING, true, RECORDED, List.of(""), 0),
            new Group("iomap", List.of("iomap", "iov"), EVERYTHING, true, RECORDED, List.of(""), 0),
            new Group("pagecache", List.of("pagecache"), EVERYTHING, true, RECORDED, List.of(""), 0),
            new Group("mm", List.of("mm"), List.of("aio", "dio", "gfs2", "hugetlb", "loops", "mm", "pipe", "refused", "tags", "tmpfs", "uffd"), true,
                    List.of("live/ext4", "threads/tmpfs"), List.of(""), 0));

    /// {@return the packages by their full names}
    List<String> fullNames() {
        return packages.stream().map(name -> KERNEL + name).toList();
    }

    /// {@return whether that place is in one of the packages}
    boolean has(Site site) {
        return packages.stream().anyMatch(name -> site.key().startsWith(name + "."));
    }

    /// {@return whether both are tried with the same tests, so that these need be measured but once}
    boolean hasTestsOf(Group other) {
        return zoo.equals(other.zoo) && earlier == other.earlier && corpora.equals(other.corpora) && tests.equals(other.tests);
    }

    List<Path> zooFolders() {
        return zoo.stream().map(folder -> Path.of("../zoo", folder)).toList();
    }

    /// {@return the programs of `faultline conform` that are recorded: a file for each file system}
    static List<Path> recorded() throws IOException {
        try (Stream<Path> files = Files.list(RECORDED_PROGRAMS)) {
            return files.filter(file -> file.toString().endsWith(".txt")).sorted().toList();
        }
    }

    /// {@return what the paths of the kernel's test classes begin with}
    List<String> testPrefixes() {
        return tests.stream().map(prefix -> KERNEL.replace('.', '/') + prefix).toList();
    }

    /// {@return the mutants that nothing notices, each with the reason why nothing could, or with `open` where something
    /// should}
    Map<String, String> unnoticed() throws IOException {
        Map<String, String> reasons = new TreeMap<>();
        for (String entry : Files.readAllLines(Path.of("src/test/resources/mutants", name + ".txt"))) {
            if (!entry.isBlank() && !entry.startsWith("//")) {
                int bar = entry.indexOf(" | ");
                reasons.put(entry.substring(0, bar), entry.substring(bar + 3));
            }
        }
        return reasons;
    }

    /// {@return that many places drawn at random, in their order; all if 0}
    static List<Site> drawn(List<Site> sites, int sample) {
        List<Site> shuffled = new ArrayList<>(sites);
        Collections.shuffle(shuffled, new Random(SEED));
        return shuffled.subList(0, sample == 0 ? sites.size() : Math.min(sample, sites.size())).stream()
                .sorted(Comparator.comparingInt(Site::id)).toList();
    }

    /// {@return where it is written what became of its mutants}
    Path report() {
        return Path.of("../docs/mutants", name + ".md");
    }
}
