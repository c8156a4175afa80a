package dev.faultline.litmus.syntax;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is no litmus file at all is answered with one line.
class SourceFileTest {
    private static final String WANTED = "; expected a litmus file (UTF-8 text that begins with 'C NAME')";

    @TempDir
    Path folder;

    private static String refusal(Path path) {
        MalformedLitmusException malformed =
                assertThrows(MalformedLitmusException.class, () -> SourceFile.read(path));
        assertEquals(1, malformed.diagnostics().size());
        return malformed.diagnostics().getFirst().render();
    }

    private Path file(byte... bytes) throws Exception {
        return Files.write(folder.resolve("t.litmus"), bytes);
    }

    @Test
    void aFileThatIsNotThere() {
        Path path = folder.resolve("none.litmus");
        assertEquals(path + ": error: there is no such file" + WANTED, refusal(path));
    }

    @Test
    void aFolder() {
        assertEquals(folder + ": error: this is a folder" + WANTED, refusal(folder));
    }

    @Test
    void anEmptyFile() throws Exception {
        Path path = file();
        assertEquals(path + ": error: the file is empty" + WANTED, refusal(path));
    }

    @Test
    void aFileOfBlanks() throws Exception {
        Path path = file("  \n\t\n".getBytes(StandardCharsets.UTF_8));
        assertEquals(path + ": error: the file is empty" + WANTED, refusal(path));
    }

    @Test
    void aBinaryFile() throws Exception {
        Path path = file((byte) 'C', (byte) ' ', (byte) 0, (byte) 1);
        assertEquals(path + ": error: this is not text: byte 2 is NUL" + WANTED, refusal(path));
    }

    @Test
    void aFileThatIsNotUtf8() throws Exception {
        Path path = file((byte) 'C', (byte) ' ', (byte) 'x', (byte) 0xff);
        assertEquals(path + ": error: this is not text: byte 3 is not UTF-8" + WANTED, refusal(path));
    }

    @Test
    void aFileTooLarge() throws Exception {
        Path path = file(new byte[(1 << 20) + 1]);
        assertEquals(path + ": error: the file is larger than 1 MiB; expected a small concurrent program", refusal(path));
    }

    @Test
    void aByteOrderMarkIsNoPartOfTheText() throws Exception {
        Path path = file("\uFEFFC test\n".getBytes(StandardCharsets.UTF_8));
        assertEquals("C test\n", SourceFile.read(path).text());
    }

    @Test
    void linesEndInTheMannerOfUnixOrOfDos() throws Exception {
        SourceFile source = SourceFile.read(file("C a\r\nb\n".getBytes(StandardCharsets.UTF_8)));
        assertEquals("C a", source.line(1));
        assertEquals("b", source.line(2));
        assertEquals("", source.line(3));
        assertEquals("", source.line(9));
    }

    @Test
    void aTerminalDoesNotObeyTheFile() {
        var diagnostic = new Diagnostic("f", java.util.Optional.of(new Span(1, 3, 1)), "what", "else",
                java.util.Optional.empty(), "a\u001b[1m");
        assertEquals("f:1:3: error: what; expected else\na\uFFFD[1m\n  ^", diagnostic.render());
    }
}
