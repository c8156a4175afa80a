package dev.faultline.live.host;

import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.setup.Architecture;
import dev.faultline.litmus.setup.FileSystemType;
import dev.faultline.litmus.setup.HugeFiles;
import dev.faultline.litmus.setup.HugePages;
import dev.faultline.litmus.setup.MountOptions;
import dev.faultline.litmus.setup.SetupStep;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// This host: which tests it can run, and where.
public final class Host {
    private static final long IMAGE_BYTES = 512L << 20;
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");

    private Host() {}

    /// {@return the name and release of the kernel that runs}
    public static String kernel() {
        return System.getProperty("os.name") + " " + System.getProperty("os.version");
    }

    /// {@return why no host can run a test, in a few words; nothing if one can}
    public static Optional<String> refusal(LitmusTest test) {
        var machine = test.machine();
        if (machine.architecture() != Architecture.X86_64) {
            return Optional.of("it asks for " + machine.architecture());
        }
        if (!System.getProperty("os.name").equals("Linux") || !System.getProperty("os.arch").equals("amd64")) {
            return Optional.of("this is no Linux on x86-64");
        }
        if (!machine.adversaries().isEmpty()) {
            return Optional.of("it asks for reclaim, writeback or migration at any point");
        }
        if (machine.failingAllocations() + machine.failingTransfers() > 0) {
            return Optional.of("it asks for failures");
        }
        if (machine.memoryPages().isPresent()) { // swap alone no program notices
            return Optional.of("it asks for a machine of a certain size");
        }
        if (machine.hugePages() != HugePages.NEVER && !hostHas(machine.hugePages())) {
            return Optional.of("it asks for huge pages as this host does not give them");
        }
        if (machine.nodes() > 1) {
            return Optional.of("it asks for a cluster of " + machine.nodes() + " machines");
        }
        return machine.steps().stream().flatMap(step -> refusal(step).stream()).findFirst();
    }

    /// {@return whether this host gives huge pages where the test asks for them} A test that goes by advice does not mind if
    /// they come without.
    private static boolean hostHas(HugePages asked) {
        try {
            String setting = Files.readString(Path.of("/sys/kernel/mm/transparent_hugepage/enabled"));
            return setting.contains("[always]") || asked == HugePages.MADVISE && setting.contains("[madvise]");
        } catch (IOException e) {
            return false; // a kernel without them
        }
    }

    private static Optional<String> refusal(SetupStep step) {
        return switch (step) {
            case SetupStep.Device device -> Optional.of("it asks for a device of type "
                    + device.type().name().toLowerCase(Locale.ROOT));
            case SetupStep.Mount mount when mount.options().dax() -> Optional.of("it asks for dax");
            case SetupStep.Mount mount when mount.options().lower().isPresent() ->
                Optional.of("it asks for options of " + mount.type());
            case SetupStep.Loop _ -> Optional.of("it asks for a loop device");
            case SetupStep.Directory _, SetupStep.Symlink _ -> Optional.of("it asks for folders or links");
            case SetupStep.Mount _, SetupStep.RegularFile _ -> Optional.empty();
        };
    }

    /// Makes a working folder in which every file system of a test is mounted.
    ///
    /// @param covered whether an overlay covers each of them
    /// @throws HostUnavailable if this host lacks one of them; the message says which and why
    public static Ground prepare(LitmusTest test, boolean covered) throws HostUnavailable {
        Ground ground = new Ground();
        try {
            if (test.machine().hugetlbPages().isPresent()) {
                ground.setAside(test.machine().hugetlbPages().getAsInt());
            }
            for (SetupStep step : test.machine().steps()) {
                if (step instanceof SetupStep.Mount mount) {
                    place(ground, mount);
                    if (covered) {
                        cover(ground, mount.path().substring(1));
                    }
                }
            }
            return ground;
        } catch (HostUnavailable lacking) {
            ground.close();
            throw lacking;
        }
    }

    private static void place(Ground ground, SetupStep.Mount mount) throws HostUnavailable {
        String path = mount.path().substring(1);
        String options = options(mount.options());
        if (options.isEmpty()) {
            place(ground, path, mount.type());
            return;
        }
        if (!isRoot()) {
            throw new HostUnavailable("only root may mount a tmpfs with options");
        }
        if (Command.find("unshare").isEmpty()) {
            throw new HostUnavailable("there is no unshare, to mount a tmpfs in a namespace of its own");
        }
        ground.mountTmpfs(path, options);
    }

    /// {@return the options of a tmpfs, as mount(8) has them}
    private static String options(MountOptions options) {
        List<String> given = new ArrayList<>();
        options.sizeBytes().ifPresent(bytes -> given.add("size=" + bytes));
        if (options.huge() != HugeFiles.NEVER) {
            given.add("huge=" + options.huge().name().toLowerCase(Locale.ROOT));
        }
        return String.join(",", given);
    }

    /// Puts a file system of that type at `path`, which is relative.
    public static void place(Ground ground, String path, FileSystemType type) throws HostUnavailable {
        Optional<Path> existing = existing(type);
        if (existing.isPresent()) {
            ground.link(path, type, existing.get());
            return;
        }
        if (!isRoot()) {
            throw new HostUnavailable("no folder here is on " + type + ", and only root may mount one");
        }
        ground.mount(path, type, image(ground, type));
    }

    static void cover(Ground ground, String path) throws HostUnavailable {
        if (!isRoot()) {
            throw new HostUnavailable("only root may mount an overlay");
        }
        if (Command.find("unshare").isEmpty()) {
            throw new HostUnavailable("there is no unshare, to mount overlays in a namespace of their own");
        }
        ground.cover(path);
    }

    /// {@return a folder of a file system of that type: one that is there for memory, or the current one where nobody
    /// may mount an image}
    private static Optional<Path> existing(FileSystemType type) {
        List<Path> candidates = new ArrayList<>(List.of(SHARED_MEMORY));
        if (!isRoot()) {
            candidates.add(Path.of(""));
        }
        return candidates.stream().filter(folder -> Files.isWritable(folder) && type(folder).equals(type.word())).findFirst();
    }

    /// {@return the type of the file system that a folder is on, as Linux calls it}
    static String type(Path folder) {
        try {
            return Files.getFileStore(folder.toAbsolutePath()).type();
        } catch (IOException unknown) {
            return "";
        }
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static Path image(Ground ground, FileSystemType type) throws HostUnavailable {
        List<String> options = switch (type) {
            case EXT4 -> List.of("-q", "-F", "-b", "4096");
            case XFS, BTRFS, F2FS -> List.of("-q", "-f");
            case GFS2, FUSE, NTFS, NTFS3, ZONEFS, TMPFS, RAMFS, UNIONFS ->
                throw new HostUnavailable("this host cannot mount " + type);
        };
        Path maker = Command.find("mkfs." + type).orElseThrow(() -> new HostUnavailable("there is no mkfs." + type));
        if (Command.find("unshare").isEmpty()) {
            throw new HostUnavailable("there is no unshare, to mount images in a namespace of their own");
        }
        if (!isKnown(type)) {
            throw new HostUnavailable("this kernel has no " + type);
        }
        Path image = emptyImage(ground, type);
        List<String> command = new ArrayList<>(List.of(maker.toString()));
        command.addAll(options);
        command.add(image.toString());
        Command.run(command);
        return image;
    }

    private static boolean isKnown(FileSystemType type) {
        try {
            return Files.readAllLines(Path.of("/proc/filesystems")).stream()
                    .anyMatch(line -> line.strip().endsWith(type.word())) || Command.find("modprobe").isPresent();
        } catch (IOException unreadable) {
            return true;
        }
    }

    /// In memory where there is room, so that what a test writes costs no disk its time.
    private static Path emptyImage(Ground ground, FileSystemType type) throws HostUnavailable {
        try {
            boolean roomy = Files.isWritable(SHARED_MEMORY)
                    && Files.getFileStore(SHARED_MEMORY).getUsableSpace() > 2 * IMAGE_BYTES;
            Path image = roomy ? Files.createTempFile(SHARED_MEMORY, "faultline-live", "." + type)
                    : Files.createTempFile("faultline-live", "." + type);
            ground.own(image);
            try (var channel = FileChannel.open(image, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.allocate(1), IMAGE_BYTES - 1);
            }
            return image;
        } catch (IOException problem) {
            throw new HostUnavailable("cannot make an image: " + problem.getMessage(), problem);
        }
    }
}
