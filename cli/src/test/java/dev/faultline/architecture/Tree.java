package dev.faultline.architecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The project's own sources and the classes made from them.
final class Tree {
    /// The modules whose classes are on the class path of these tests: all that is shipped.
    static final List<String> SHIPPED =
            List.of("machine", "explore", "kernel", "history", "litmus", "live", "report", "cli");

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    private Tree() {}

    /// {@return every class that is shipped, without the tests}
    static JavaClasses classes() {
        return new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("dev.faultline");
    }

    /// {@return the Java files under `folder`, such as `src/main/java`, of every module there is, in a fixed order}
    static List<Path> sources(String folder) {
        try (Stream<Path> modules = Files.list(ROOT)) {
            return modules.filter(module -> Files.exists(module.resolve("pom.xml")))
                    .sorted()
                    .flatMap(module -> javaFiles(module.resolve(folder)))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// {@return the names of the classes that the hand-written files of the shipped modules declare}
    static List<String> declaredClasses() {
        return SHIPPED.stream()
                .map(module -> ROOT.resolve(module).resolve("src/main/java"))
                .flatMap(folder -> javaFiles(folder).map(file -> className(folder, file)))
                .filter(name -> !name.endsWith("-info"))
                .toList();
    }

    /// {@return `file` as a reader of a report finds it: its path from the root of the tree}
    static String inTree(Path file) {
        return ROOT.relativize(file).toString();
    }

    private static Stream<Path> javaFiles(Path folder) {
        if (!Files.isDirectory(folder)) {
            return Stream.empty();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java")).sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String className(Path folder, Path file) {
        String path = folder.relativize(file).toString();
        return path.substring(0, path.length() - ".java".length()).replace('/', '.');
    }
}
