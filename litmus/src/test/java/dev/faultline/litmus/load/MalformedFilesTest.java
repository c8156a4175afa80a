package dev.faultline.litmus.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.litmus.syntax.Diagnostic;
import dev.faultline.litmus.syntax.MalformedLitmusException;
import dev.faultline.litmus.types.Feature;
import dev.faultline.litmus.types.Modelled;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Each malformed file under `src/test/resources` is answered with exactly the messages of the `.expected` file
/// beside it. `-Dgolden.rewrite=true` writes these anew, for review to read the difference.
class MalformedFilesTest {
    private static final Path RESOURCES = Path.of("src", "test", "resources");

    @TestFactory
    Stream<DynamicTest> aMalformedFileIsAnsweredWithItsPlace() throws IOException {
        return tests("malformed", Modelled.everything());
    }

    @TestFactory
    Stream<DynamicTest> whatIsNotModelledIsRefusedByName() throws IOException {
        return tests("not-modelled", Modelled.of(List.of("open", "pread", "mmap"), List.of("gfs2", "ext4"),
                EnumSet.of(Feature.DEVICE_PFNMAP, Feature.MEMORY)));
    }

    private static Stream<DynamicTest> tests(String folder, Modelled modelled) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(RESOURCES.resolve(folder))) {
            files = all.filter(file -> file.toString().endsWith(".litmus")).sorted().toList();
        }
        assertTrue(files.size() > 5, "no malformed files found");
        return files.stream().map(file -> DynamicTest.dynamicTest(name(file), () -> check(file, modelled)));
    }

    private static String name(Path file) {
        return file.getFileName().toString().replace(".litmus", "").replace('-', ' ');
    }

    private static void check(Path file, Modelled modelled) throws IOException {
        Path golden = file.resolveSibling(file.getFileName().toString().replace(".litmus", ".expected"));
        String messages = messages(file, modelled);
        if (Boolean.getBoolean("golden.rewrite")) {
            Files.writeString(golden, messages);
        }
        assertEquals(Files.readString(golden), messages);
    }

    private static String messages(Path file, Modelled modelled) throws IOException {
        String text = Files.readString(file);
        MalformedLitmusException malformed = assertThrows(MalformedLitmusException.class,
                () -> LitmusLoader.parse(file.getFileName().toString(), text, modelled));
        return malformed.diagnostics().stream().map(Diagnostic::render).collect(Collectors.joining("\n", "", "\n"));
    }
}
