package dev.faultline.live.host;

import dev.faultline.litmus.setup.FileSystemType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// A working folder for one test, with its file systems in it. Closing it leaves nothing behind, and so does the end of
/// this process.
///
/// Images are mounted by the command that runs the test, in a mount namespace of its own, and have no name from then on:
/// they go with the last process in it, however that ends.
public final class Ground implements AutoCloseable {
    /// The exit status of [#command] where an image could not be mounted; what stands in it has not run then.
    public static final int NOT_MOUNTED = 124;

    private static final String OVERLAY = "overlay";

    /// What stands before the options of a tmpfs.
    private static final String TMPFS = "tmpfs:";

    /// Mounts each pair of an image, of `overlay` or of the options of a tmpfs, and a folder that stand before `--`, then
    /// becomes what stands behind it. The layers of an overlay lie in the folder that it covers.
    private static final String MOUNT_AND_RUN = """
            place() {
                case "$1" in
                %1$s) mkdir "$2/.lower" "$2/.upper" "$2/.work" && mount -t overlay \
                    -o "lowerdir=$2/.lower,upperdir=$2/.upper,workdir=$2/.work" overlay "$2" ;;
                %3$s*) mount -t tmpfs -o "${1#%3$s}" tmpfs "$2" ;;
                *) mount -o loop "$1" "$2" && rm -f "$1" ;;
                esac
            }
            while [ "$1" != -- ]; do place "$1" "$2" || exit %2$d; shift 2; done
            shift
            exec "$@"
            """.formatted(OVERLAY, NOT_MOUNTED, TMPFS);

    /// What the work in this ground has to come to its end by itself when the user interrupts.
    private static final long GRACE_SECONDS = 5;

    private static final System.Logger LOG = System.getLogger(Ground.class.getName());

    private final Path folder;
    private final List<Path> elsewhere = new CopyOnWriteArrayList<>();
    private final List<HugetlbPool> pools = new CopyOnWriteArrayList<>();
    private final List<String> mounts = new ArrayList<>();
    private final List<String> places = new ArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread atExit = new Thread(this::closeAtExit);

    /// A folder of its own for a test.
    ///
    /// @throws HostUnavailable if none can be made
    public Ground() throws HostUnavailable {
        try {
            folder = Files.createTempDirectory("faultline-live");
        } catch (IOException problem) {
            throw new HostUnavailable("cannot make a folder for the test: " + problem.getMessage(), problem);
        }
        try {
            Runtime.getRuntime().addShutdownHook(atExit);
        } catch (IllegalStateException ending) {
            remove(folder);
            throw new HostUnavailable("interrupted", ending);
        }
    }

    private void closeAtExit() {
        try {
            if (!closed.await(GRACE_SECONDS, TimeUnit.SECONDS)) {
                removeAll();
            }
        } catch (InterruptedException impatient) {
            Thread.currentThread().interrupt();
            removeAll();
        }
    }

    /// {@return where the test runs}
    public Path folder() {
        return folder;
    }

    /// {@return the file systems in it, and where each of them is: `ext4 in an image`}
    public List<String> places() {
        return List.copyOf(places);
    }

    /// Puts a folder of the file system that `existing` is on at `path`, which is relative.
    public void link(String path, FileSystemType type, Path existing) throws HostUnavailable {
        try {
            Path real = Files.createTempDirectory(existing.toAbsolutePath(), "faultline-live");
            elsewhere.add(real);
            Files.createDirectories(parent(path));
            Files.createSymbolicLink(folder.resolve(path), real);
            places.add(type + " in " + existing.toAbsolutePath());
        } catch (IOException problem) {
            throw new HostUnavailable("cannot make a folder in " + existing + ": " + problem.getMessage(), problem);
        }
    }

    /// Has `file`, which lies elsewhere, go with the ground.
    void own(Path file) {
        elsewhere.add(file);
    }

    /// Has so many huge pages set aside while the ground is there.
    void setAside(int hugePages) throws HostUnavailable {
        pools.add(HugetlbPool.of(hugePages));
        places.add(hugePages + " huge pages");
    }

    /// Has an image mounted at `path`, which is relative.
    void mount(String path, FileSystemType type, Path image) throws HostUnavailable {
        mount(path, image.toString());
        places.add(type + " in an image");
    }

    /// Has a tmpfs of its own, with those options of mount(8), mounted at `path`, which is relative.
    void mountTmpfs(String path, String options) throws HostUnavailable {
        mount(path, TMPFS + options);
        places.add("tmpfs with " + options);
    }

    private void mount(String path, String what) throws HostUnavailable {
        try {
            Files.createDirectories(folder.resolve(path));
        } catch (IOException problem) {
            throw new HostUnavailable("cannot make a mount point: " + problem.getMessage(), problem);
        }
        mounts.add(what);
        mounts.add(folder.resolve(path).toString());
    }

    /// Has an overlay cover what is at `path`, which is relative: its upper layer is on that file system.
    void cover(String path) {
        mounts.add(OVERLAY);
        mounts.add(folder.resolve(path).toString());
        places.add("under an overlay");
    }

    private Path parent(String path) {
        Path parent = folder.resolve(path).getParent();
        return parent == null ? folder : parent;
    }

    /// {@return the command that mounts what is to be mounted and runs `command`}
    public List<String> command(List<String> command) {
        if (mounts.isEmpty()) {
            return command;
        }
        List<String> whole = new ArrayList<>(
                List.of("unshare", "--mount", "--propagation", "private", "--", "sh", "-c", MOUNT_AND_RUN, "mount"));
        whole.addAll(mounts);
        whole.add("--");
        whole.addAll(command);
        return whole;
    }

    @Override
    public void close() {
        removeAll();
        closed.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException ending) {
            // The hook runs already, and has just been told.
            return;
        }
    }

    private void removeAll() {
        remove(folder);
        elsewhere.forEach(Ground::remove);
        pools.forEach(HugetlbPool::close);
    }

    private static void remove(Path path) {
        if (Files.notExists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> files = Files.walk(path)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                if (!file.toFile().delete() && Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                    LOG.log(System.Logger.Level.WARNING, "{0} could not be removed", file);
                }
            });
        } catch (IOException problem) {
            LOG.log(System.Logger.Level.WARNING, "{0} could not be removed: {1}", path, problem.getMessage());
        }
    }
}
