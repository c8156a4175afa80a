package dev.faultline.litmus.load;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.litmus.syntax.Diagnostic;
import dev.faultline.litmus.syntax.Diagnostics;
import dev.faultline.litmus.syntax.MalformedLitmusException;
import dev.faultline.litmus.syntax.SourceFile;
import dev.faultline.litmus.types.Modelled;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Whatever the bytes, loading them gives a test or diagnostics with places that exist: nothing else is thrown.
class RobustnessTest {
    private static final int MUTATIONS = 2000;
    private static final String ALPHABET = "{}()[];,:*&|^~!=<>+-/\\%'\"#@$ \n\t09axPrCvM_.";
    private static final List<String> WORDS = List.of("exists", "expect", "init", "P0()", "P3() {", "int", "struct iovec",
            "char *", "(* ", "*)", "/*", "*/", "//", "0x", "08", "1.5", "''", "'a'", "\"", "->", "/\\", "\\/", "sizeof",
            "return", "for (;;)", "if", "else", "mount", "memory 0;", "[[", "]]", "[[process(x)]]", "~exists", "true",
            "errno", "read(0)", "mmap", "&p", "**p", "p[", "= {", "99999999999999999999", "\\", "é", "\uD83D\uDE00",
            "holds", "deadlock,", "on arm64 mte", "+ x", "init:", "0:r[", "NULL", "MAP_FAILED", "\u0000", "\r");

    private static byte[] example() throws Exception {
        return Files.readAllBytes(ExampleTest.FILE);
    }

    @Test
    void everyPrefixOfTheExampleIsATestOrDiagnosed() throws Exception {
        byte[] bytes = example();
        int tests = 0;
        for (int length = 0; length <= bytes.length; length++) {
            tests += load(Arrays.copyOf(bytes, length)) ? 1 : 0;
        }
        assertTrue(tests > 0, "even the whole example was refused");
    }

    @Test
    void everySuffixOfTheExampleIsATestOrDiagnosed() throws Exception {
        byte[] bytes = example();
        for (int from = 0; from <= bytes.length; from++) {
            load(Arrays.copyOfRange(bytes, from, bytes.length));
        }
    }

    @Test
    void everyMutationOfTheExampleIsATestOrDiagnosed() throws Exception {
        String example = new String(example(), StandardCharsets.UTF_8);
        var random = new SplittableRandom(20210803);
        int tests = 0;
        for (int i = 0; i < MUTATIONS; i++) {
            StringBuilder text = new StringBuilder(example);
            for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
                mutate(text, random);
            }
            tests += load(text.toString().getBytes(StandardCharsets.UTF_8)) ? 1 : 0;
        }
        assertTrue(tests > 0 && tests < MUTATIONS, tests + " of " + MUTATIONS + " mutations are tests");
    }

    @Test
    void randomBytesAreDiagnosed() throws Exception {
        var random = new SplittableRandom(6);
        for (int i = 0; i < 500; i++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            assertFalse(load(bytes));
        }
    }

    private static void mutate(StringBuilder text, SplittableRandom random) {
        int at = random.nextInt(text.length() + 1);
        int to = Math.min(text.length(), at + random.nextInt(1, 12));
        switch (random.nextInt(6)) {
            case 0 -> text.delete(at, to);
            case 1 -> text.insert(at, ALPHABET.charAt(random.nextInt(ALPHABET.length())));
            case 2 -> text.insert(at, " " + WORDS.get(random.nextInt(WORDS.size())) + " ");
            case 3 -> text.replace(at, to, WORDS.get(random.nextInt(WORDS.size())));
            case 4 -> text.insert(at, text.substring(at, to));
            default -> {
                String moved = text.substring(at, to);
                text.delete(at, to);
                text.insert(random.nextInt(text.length() + 1), moved);
            }
        }
    }

    /// {@return whether the bytes are a test; if not, each diagnostic is looked at}
    private static boolean load(byte[] bytes) {
        try {
            SourceFile source = SourceFile.decode("mutant.litmus", bytes);
            try {
                LitmusLoader.parse(source.name(), source.text(), Modelled.everything());
                return true;
            } catch (MalformedLitmusException malformed) {
                check(malformed, source);
                return false;
            }
        } catch (MalformedLitmusException notText) {
            assertTrue(notText.diagnostics().getFirst().render().startsWith("mutant.litmus: error: "));
            return false;
        }
    }

    private static void check(MalformedLitmusException malformed, SourceFile source) {
        assertTrue(malformed.diagnostics().size() <= Diagnostics.MOST);
        for (Diagnostic diagnostic : malformed.diagnostics()) {
            int line = diagnostic.span().orElseThrow().line();
            int column = diagnostic.span().orElseThrow().column();
            String text = source.line(line);
            assertTrue(column <= text.codePointCount(0, text.length()) + 1, diagnostic::render);
            assertTrue(diagnostic.render().lines().count() == 3, diagnostic::render);
            assertFalse(diagnostic.render().contains("null"), diagnostic::render);
        }
    }
}
