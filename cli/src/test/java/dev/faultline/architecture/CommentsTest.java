package dev.faultline.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Comments say why: nothing is left for later without an issue, and no code is kept in a comment.
class CommentsTest {
    private static final Pattern FOR_LATER = Pattern.compile("\\b(TOD[O]|FIXM[E])\\b(?!.*#\\d)");

    /// A line comment that is a statement, a declaration or a brace, not prose.
    private static final Pattern CODE = Pattern.compile(
            "^\\s*//(?!/)\\s*(return\\b.*;|import .*;|@\\w+(\\(.*\\))?|"
                    + "[\\w.]+\\(.*\\);|[\\w.<>\\[\\], ]+ = .*;|.*\\{|}.*)$");

    @Test
    void nothingIsLeftForLaterWithoutAnIssue() {
        assertEquals("", offences(FOR_LATER));
    }

    @Test
    void noCodeIsCommentedOut() {
        assertEquals("", offences(CODE));
    }

    @Test
    void patternsTellOffencesFromProse() {
        List<String> bad = List.of("    // return copied;", "// int x = 1;", "// pte.lock();", "  // if (x) {", "// }",
                "// @Override");
        List<String> good = List.of("// Linux drops the lock here; one step stands for both,", "/// `return x;`",
                "int x = 1; // bytes", "// see mm/gup.c (the slow path)", "// as in fault_in_readable();  which");
        assertEquals(List.of(), bad.stream().filter(line -> !CODE.matcher(line).find()).toList());
        assertEquals(List.of(), good.stream().filter(line -> CODE.matcher(line).find()).toList());
        String later = "// TOD" + "O later";
        assertEquals(List.of(later), Stream.of(later, later + " (#12)").filter(FOR_LATER.asPredicate()).toList());
    }

    private static String offences(Pattern pattern) {
        List<Path> files = Stream.of("src/main/java", "src/test/java")
                .flatMap(folder -> Tree.sources(folder).stream())
                .toList();
        assertFalse(files.isEmpty(), "no sources found");
        return String.join("\n", files.stream().flatMap(file -> offences(file, pattern)).toList());
    }

    private static Stream<String> offences(Path file, Pattern pattern) {
        List<String> lines = linesOf(file);
        return IntStream.range(0, lines.size())
                .filter(line -> pattern.matcher(lines.get(line)).find())
                .mapToObj(line -> Tree.inTree(file) + ":" + (line + 1) + ": " + lines.get(line).strip());
    }

    private static List<String> linesOf(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
