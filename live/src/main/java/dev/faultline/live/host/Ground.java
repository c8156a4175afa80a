package dev.faultline.live.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// A working folder for one test, with its file systems in it. Closing it leaves nothing behind.
///
/// Images are mounted by the command that runs the test, in a mount namespace of its own: they go with the
/// last process in it, however that ends.
public final class Ground implements AutoCloseable {
    /// Mounts each pair of an image and a folder that stand before `--`, then becomes what stands behind it.
    private static final String MOUNT_AND_RUN =
            "while [ \"$1\" != -- ]; do mount -o loop \"$1\" \"$2\" || exit 4; shift 2; done; shift; exec \"$@\"";

    private final Path folder;
    private final List<Path> elsewhere = new ArrayList<>();
    private final List<String> images = new ArrayList<>();

    /// A folder of its own for a test.
    ///
    /// @throws HostUnavailable if none can be made
    public Ground() throws HostUnavailable {
        try {
            folder = Files.createTempDirectory("faultline-live");
        } catch (IOException problem) {
            throw new HostUnavailable("cannot make a folder for the test: " + problem.getMessage(), problem);
        }
    }

    /// {@return where the test runs}
    public Path folder() {
        return folder;
    }

    /// Puts a folder of the file system that `existing` is on at `path`, which is relative.
    void link(String path, Path existing) throws HostUnavailable {
        try {
            Path real = Files.createTempDirectory(existing.toAbsolutePath(), "faultline-live");
            elsewhere.add(real);
            Files.createDirectories(parent(path));
            Files.createSymbolicLink(folder.resolve(path), real);
        } catch (IOException problem) {
            throw new HostUnavailable("cannot make a folder in " + existing + ": " + problem.getMessage(), problem);
        }
    }

    /// Has an image mounted at `path`, which is relative. The image goes with the ground.
    void mount(String path, Path image) throws HostUnavailable {
        try {
            Files.createDirectories(folder.resolve(path));
        } catch (IOException problem) {
            throw new HostUnavailable("cannot make a mount point: " + problem.getMessage(), problem);
        }
        images.add(image.toString());
        images.add(path);
        elsewhere.add(image);
    }

    private Path parent(String path) {
        Path parent = folder.resolve(path).getParent();
        return parent == null ? folder : parent;
    }

    /// {@return the command that mounts what is to be mounted and runs `command`}
    public List<String> command(List<String> command) {
        if (images.isEmpty()) {
            return command;
        }
        List<String> whole = new ArrayList<>(
                List.of("unshare", "--mount", "--propagation", "private", "--", "sh", "-c", MOUNT_AND_RUN, "mount"));
        whole.addAll(images);
        whole.add("--");
        whole.addAll(command);
        return whole;
    }

    @Override
    public void close() {
        remove(folder);
        elsewhere.forEach(Ground::remove);
    }

    private static void remove(Path path) {
        try (Stream<Path> files = Files.walk(path)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                if (!file.toFile().delete()) {
                    file.toFile().deleteOnExit();
                }
            });
        } catch (IOException gone) {
            path.toFile().deleteOnExit();
        }
    }
}
