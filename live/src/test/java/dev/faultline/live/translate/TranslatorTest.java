package dev.faultline.live.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.litmus.load.LitmusLoader;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.syntax.MalformedLitmusException;
import dev.faultline.litmus.types.Modelled;
import org.junit.jupiter.api.Test;

/// The C of bodies: readable, one access of memory for each of the test's, and in the test's order.
class TranslatorTest {
    private static LitmusTest test(String globals, String body) {
        try {
            return LitmusLoader.parse("t.litmus", "C t\n{\n  mount ext4 /mnt;\n  file /mnt/f 8192 'a';\n}\n" + globals
                    + "\nP0() { " + body + " }\n", Modelled.everything());
        } catch (MalformedLitmusException malformed) {
            throw new AssertionError(malformed.diagnostics().toString(), malformed);
        }
    }

    /// {@return the lines between the start of P0 and its end}
    private static String code(String globals, String body) {
        String text = Translator.translate(test(globals, body)).text();
        String begin = "static void P0(void)";
        String function = text.substring(text.indexOf(begin) + begin.length());
        int from = function.indexOf("goto end;\n\n") + "goto end;\n\n".length();
        return function.substring(from, function.indexOf("\nend:")).replace("\t", "");
    }

    @Test
    void aCallKeepsTheNamesOfItsConstants() {
        assertEquals("fd = open(\"mnt/f\", O_RDWR | O_DIRECT);", code("", "int fd = open(\"/mnt/f\", O_RDWR | O_DIRECT);"));
        assertEquals("global.p = map(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 3, 0);",
                code("char *p;", "p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 3, 0);"));
    }

    @Test
    void elementsAndMembersHaveTheirNames() {
        assertEquals("global.p[4096] = 'b';", code("char *p;", "p[4096] = 'b';"));
        assertEquals("global.n[2] = global.v[1].iov_len;", code("long n[4]; struct iovec v[2];", "n[2] = v[1].iov_len;"));
        assertEquals("i = 1;\nP0_stack.a[i] = i;", code("", "int a[4]; int i = 1; a[i] = i;"));
    }

    @Test
    void operandsThatTouchMemoryAreEvaluatedInTheTestsOrder() {
        assertEquals("r = (t1 = global.x, t1 + global.y);", code("int x; int y;", "int r = x + y;"));
        assertEquals("t1 = global.p, t1[0] = global.q[0];", code("char *p; char *q;", "*p = *q;"));
        assertEquals("r = (t1 = global.p, pread(3, (void *)t1, global.n, 0));", code("char *p; long n;", "long r = pread(3, p, n, 0);"));
    }

    @Test
    void whatDoesNotTouchMemoryIsLeftAsItIs() {
        assertEquals("i = 2;\nr = i + 3 * i;", code("", "int i = 2; int r = i + 3 * i;"));
    }

    @Test
    void loopsAndBranchesStayLoopsAndBranches() {
        assertEquals("while (global.go == 0) {\nsched_yield();\n}", code("int go;", "while (go == 0) sched_yield();"));
        assertEquals("i = 0;\nfor (; i < 4; i = i + 1) {\nif (i == 2) {\nbreak;\n} else {\ncontinue;\n}\n}",
                code("", "for (int i = 0; i < 4; i += 1) { if (i == 2) break; else continue; }"));
    }

    @Test
    void everyObjectInMemoryIsVolatile() {
        String text = Translator.translate(test("char *p; int n = 7; char big[8192];", "int r = n;")).text();
        assertTrue(text.contains("volatile char *volatile p;"), text);
        assertTrue(text.contains("volatile int n;"), text);
        assertTrue(text.contains("_Alignas(4096) volatile char big[8192];"), text);
        assertTrue(text.contains("global.n = 7;"), text);
    }

    @Test
    void filesAreMadeAndThoseThatTheTestMakesAreRemoved() {
        String text = Translator.translate(test("", "int fd = open(\"/mnt/new\", O_CREAT | O_RDWR, 420);")).text();
        assertTrue(text.contains("{ \"mnt/f\", 8192, 'a' }"), text);
        assertTrue(text.contains("made[] = { \"mnt/new\", NULL }"), text);
        assertFalse(text.contains("@"), "a part of the template was left");
    }

    @Test
    void aLocalMayHaveTheNameOfAFunction() {
        assertEquals("open_2 = 1;\nfd = open(\"mnt/f\", O_RDWR);", code("", "int open = 1; int fd = open(\"/mnt/f\", O_RDWR);"));
    }
}
