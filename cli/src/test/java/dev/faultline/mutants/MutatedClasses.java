package dev.faultline.mutants;

import dev.faultline.history.Kernels;
import dev.faultline.kernel.lib.Content;
import dev.faultline.litmus.load.LitmusLoader;
import dev.faultline.live.conform.ModelSide;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassHierarchyResolver;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/// A copy of the kernel, of what is built on it, and of the kernel's tests, with mutants woven in. Machine and explorer
/// are shared with the rest of the program.
final class MutatedClasses extends ClassLoader {
    private static final String HERE = "dev.faultline.mutants.";

    private final TreeMap<String, byte[]> woven = new TreeMap<>();
    private final Weaver weaver;

    /// @param packages whose mutants are made, such as `dev.faultline.kernel.uffd`
    MutatedClasses(List<String> packages) throws IOException {
        super(MutatedClasses.class.getClassLoader());
        this.weaver = new Weaver(ClassHierarchyResolver.ofResourceParsing(getParent())
                .orElse(ClassHierarchyResolver.ofResourceParsing(this::testClass)));
        for (Class<?> member : List.of(Content.class, Kernels.class, LitmusLoader.class, ModelSide.class)) {
            weaveAll(place(member), packages);
        }
        kernelTests().ifPresent(folder -> read(folder, woven));
        for (String ours : List.of("ZooSubject", "ZooSubject$Expected", "SameOutcomes", "Transparent", "ZooSubject$Late",
                "ProgramSubject", "ProgramSubject$OnModel")) {
            woven.put(HERE + ours, bytes(getParent(), HERE + ours));
        }
        Switch.sites(weaver.sites().size());
    }

    /// {@return the places at which something can be left out}
    List<Site> sites() {
        return weaver.sites();
    }

    /// {@return the folder with the kernel's tests, if they were compiled}
    static Optional<Path> kernelTests() {
        return Optional.of(place(Content.class).resolveSibling("test-classes")).filter(Files::isDirectory);
    }

    private static Path place(Class<?> member) {
        try {
            return Path.of(member.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException strange) {
            throw new AssertionError(strange);
        }
    }

    private static byte[] bytes(ClassLoader loader, String name) throws IOException {
        try (InputStream in = loader.getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new IOException("no class " + name);
            }
            return in.readAllBytes();
        }
    }

    private InputStream testClass(java.lang.constant.ClassDesc type) {
        String name = type.packageName() + "." + type.displayName();
        byte[] bytes = woven.getOrDefault(name, new byte[0]);
        return new java.io.ByteArrayInputStream(bytes);
    }

    private void weaveAll(Path place, List<String> packages) throws IOException {
        TreeMap<String, byte[]> plain = new TreeMap<>();
        if (Files.isDirectory(place)) {
            read(place, plain);
        } else {
            try (FileSystem jar = FileSystems.newFileSystem(URI.create("jar:" + place.toUri()), java.util.Map.of())) {
                read(jar.getPath("/"), plain);
            }
        }
        plain.forEach((name, bytes) -> {
            boolean ofKernel = name.startsWith("dev.faultline.kernel.") || name.startsWith("dev.faultline.history.");
            boolean mutate = packages.contains(name.substring(0, name.lastIndexOf('.')));
            woven.put(name, ofKernel ? weaver.weave(bytes, mutate) : bytes);
        });
    }

    private static void read(Path root, TreeMap<String, byte[]> into) {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".class")).toList()) {
                String name = root.relativize(file).toString().replaceFirst("\\.class$", "").replace('/', '.');
                if (!name.equals("module-info")) {
                    into.put(name, Files.readAllBytes(file));
                }
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        synchronized (getClassLoadingLock(name)) {
            Class<?> known = findLoadedClass(name);
            if (known != null) {
                return known;
            }
            byte[] bytes = woven.get(name);
            return bytes == null ? super.loadClass(name, resolve) : defineClass(name, bytes, 0, bytes.length);
        }
    }
}
