package dev.faultline.litmus.types;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.litmus.syntax.Bytes;
import dev.faultline.litmus.syntax.Span;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/// What bodies compute, where their variables live, and how often they touch memory.
class ProgramTest {
    private static Local local(Program program, String name) {
        return program.threads().getFirst().locals().stream()
                .filter(local -> local.name().equals(name)).findFirst().orElseThrow();
    }

    @Test
    void aScalarWhoseAddressIsNotTakenIsARegister() {
        Program program = Programs.of("P0() { int r = 1; char *p = NULL; int m; int *q = &m; }");
        assertInstanceOf(Local.Storage.Register.class, local(program, "r").storage());
        assertInstanceOf(Local.Storage.Register.class, local(program, "p").storage());
        assertInstanceOf(Local.Storage.Stack.class, local(program, "m").storage());
    }

    @Test
    void arraysAndStructsLieOnTheStack() {
        Program program = Programs.of("P0() { char c[3]; struct iovec v; long l[2]; }");
        assertEquals(new Local.Storage.Stack(0), local(program, "c").storage());
        assertEquals(new Local.Storage.Stack(8), local(program, "v").storage());
        assertEquals(new Local.Storage.Stack(24), local(program, "l").storage());
        assertEquals(48, program.threads().getFirst().stackBytes());
        assertEquals(16, program.threads().getFirst().stackAlignment());
    }

    @Test
    void anAddressTakenInAnInnerScopeIsThatOfTheInnerVariable() {
        Program program = Programs.of("P0() { int x = 1; { int x = 2; int *p = &x; } }");
        assertInstanceOf(Local.Storage.Register.class, local(program, "x").storage());
    }

    @Test
    void anArrayOfAPageBeginsAtAPage() {
        Program program = Programs.of("char c; char page[4096]; char d;\nP0() { char e; char *f = &e; char own[5000]; }");
        assertEquals(List.of(0L, 4096L, 8192L), program.globals().stream().map(Global::offset).toList());
        assertEquals(new Local.Storage.Stack(4096), local(program, "own").storage());
        assertEquals(4096, program.threads().getFirst().stackAlignment());
        assertEquals(12288, program.threads().getFirst().stackBytes());
    }

    @Test
    void aLocalKnowsHowDeepItIsDeclared() {
        Program program = Programs.of("P0() { int a; { int b; } for (int i = 0; i < 1; i++) { int c; } }");
        assertEquals(0, local(program, "a").depth());
        assertEquals(1, local(program, "b").depth());
        assertEquals(1, local(program, "i").depth());
        assertEquals(3, local(program, "c").depth());
    }

    @Test
    void aVariableInMemoryIsLoadedAndStoredAndARegisterIsNot() {
        FlatMachine memory = Programs.run("int g;\nP0() { g = 1; g = g + 1; }");
        assertEquals(2, memory.value("g"));
        assertEquals(3, memory.accesses());
        FlatMachine register = Programs.run("P0() { int r = 1; r = r + 1; }");
        assertEquals(2, register.value("r"));
        assertEquals(0, register.accesses());
    }

    @Test
    void aCompoundAssignmentComputesItsAddressOnce() {
        FlatMachine machine = Programs.run("int g[4] = { 10, 20, 30, 40 };\nP0() { int i = 0; g[i++] += 5; g[i++] <<= 1; }");
        assertEquals(2, machine.value("i"));
        assertEquals(15, machine.element("g", 0));
        assertEquals(40, machine.element("g", 1));
        assertEquals(4, machine.accesses());
    }

    @Test
    void aStepBehindYieldsTheValueFromBefore() {
        FlatMachine machine = Programs.run("char b[2] = { 127, 5 };\n"
                + "P0() { char *p = b; int x = (*p)++; int y = *p++; int z = *p--; int w = --*p; }");
        assertEquals(127, machine.value("x"));
        assertEquals(-128, machine.value("y"));
        assertEquals(5, machine.value("z"));
        assertEquals(127, machine.value("w"));
    }

    @Test
    void pointersCountInWhatTheyPointTo() {
        FlatMachine machine = Programs.run("long g[8];\nP0() { long *p = g; long *q = p + 3; long n = q - p;"
                + " long bytes = (char *) q - (char *) p; void *v = p; long one = (char *) (v + 1) - (char *) v;"
                + " *(2 + p) = 7; int before = p < q; int same = &g[3] == q; }");
        assertEquals(3, machine.value("n"));
        assertEquals(24, machine.value("bytes"));
        assertEquals(1, machine.value("one"));
        assertEquals(7, machine.element("g", 2));
        assertEquals(1, machine.value("before"));
        assertEquals(1, machine.value("same"));
    }

    @Test
    void aSmallTypeWrapsWhenItIsStored() {
        FlatMachine machine = Programs.run("unsigned char g = 250;\nP0() { g += 10; unsigned char r = 255; r++; int s = r; }");
        assertEquals(4, machine.value("g"));
        assertEquals(0, machine.value("s"));
    }

    @Test
    void anAssignmentHasTheValueAssigned() {
        FlatMachine machine = Programs.run("char c;\nP0() { int x; int y = x = 5; int z = c = 300; }");
        assertEquals(5, machine.value("y"));
        assertEquals(44, machine.value("z"));
    }

    @Test
    void theRightSideOfALogicalOperatorRunsOnlyIfItMatters() {
        FlatMachine machine = Programs.run("P0() { int n = 0; int a = 0 && n++; int b = 1 || n++; int c = 1 && ++n;"
                + " int d = n ? 10 : n++; }");
        assertEquals(1, machine.value("n"));
        assertEquals(0, machine.value("a"));
        assertEquals(1, machine.value("b"));
        assertEquals(1, machine.value("c"));
        assertEquals(10, machine.value("d"));
    }

    @Test
    void loopsTurnAsInC() {
        FlatMachine machine = Programs.run("P0() { int sum = 0; for (int i = 0; i < 10; i++) { if (i == 2) continue;"
                + " if (i == 6) break; sum += i; } int w = 0; while (w < 3) w++; int d = 9; do d--; while (d > 5 && d != 7);"
                + " int e = 0; do { e++; if (e == 1) continue; } while (e < 1); }");
        assertEquals(1 + 3 + 4 + 5, machine.value("sum"));
        assertEquals(3, machine.value("w"));
        assertEquals(7, machine.value("d"));
        assertEquals(1, machine.value("e"));
    }

    @Test
    void returnEndsTheBody() {
        assertEquals(1, Programs.run("P0() { int r = 1; for (;;) { if (r) return; } r = 2; }").value("r"));
    }

    @Test
    void anElseBelongsToTheNearestIf() {
        assertEquals(0, Programs.run("P0() { int r = 0; if (0) if (1) r = 1; else r = 2; }").value("r"));
        assertEquals(2, Programs.run("P0() { int r = 0; if (1) if (0) r = 1; else r = 2; }").value("r"));
    }

    @Test
    void anInnerVariableHidesAnOuterOne() {
        FlatMachine machine = Programs.run("int x = 5;\nP0() { int seen = x; int x = 1; { int x = 2; x++; } int after = x; }");
        assertEquals(5, machine.value("seen"));
        assertEquals(1, machine.value("after"));
    }

    @Test
    void globalsBeginWithTheirInitialisersAndElseWithZero() {
        Program program = Programs.of("int a = -2; char s[] = \"hi\"; short n[3] = { 1, [2] = 3 }; char *p = s + 1;\n"
                + "char *lit = \"ro\"; struct iovec v[2] = { { .iov_len = 7 }, };\nP0() { }");
        Bytes data = program.data().content();
        assertEquals("feffffff", data.toString().substring(0, 8));
        assertEquals("686900", data.toString().substring(8, 14));
        assertEquals("010000000300", data.toString().substring(16, 28));
        assertEquals(List.of(new DataImage.Relocation(16, Segment.DATA, 5), new DataImage.Relocation(24, Segment.READ_ONLY, 0)),
                program.data().relocations());
        assertEquals(7, data.at((int) program.global("v").orElseThrow().offset() + 8));
        assertEquals("ro", program.readOnlyText(0));
    }

    @Test
    void equalStringsAreOne() {
        Program program = Programs.of("P0() { char *a = \"same\"; char *b = \"same\"; char *c = \"sa\" \"me\"; }");
        assertEquals(5, program.readOnly().size());
    }

    @Test
    void localsBeginWithTheirInitialisers() {
        FlatMachine machine = Programs.run("P0() { int n = 3; int a[4] = { 1, n, n * 2 }; int sum = a[0] + a[1] + a[2] + a[3];"
                + " struct iovec v = { a, sizeof a }; struct iovec w = v; int same = w.iov_base == a && w.iov_len == 16;"
                + " char text[8] = \"ab\"; int last = text[1] * 256 + text[2]; int m = 4; int *p = &m; int via = *p; }");
        assertEquals(10, machine.value("sum"));
        assertEquals(1, machine.value("same"));
        assertEquals('b' * 256, machine.value("last"));
        assertEquals(4, machine.value("via"));
    }

    @Test
    void aStructIsCopiedWhole() {
        FlatMachine machine = Programs.run("struct iovec a; struct iovec b = { NULL, 9 };\n"
                + "P0() { struct iovec *p = &b; a = *p; long n = a.iov_len; p->iov_len = 3; long m = (*p).iov_len; }");
        assertEquals(9, machine.value("n"));
        assertEquals(3, machine.value("m"));
    }

    @Test
    void argumentsHaveTheTypesOfTheParameters() {
        FlatMachine machine = Programs.run("P0() { unsigned char c = 200; ssize_t r = pread(c, NULL, -1, (char) 200);"
                + " int fd = open(\"/mnt/f\", O_CREAT | O_RDWR, 0644); int g = open(\"/mnt/f\", O_RDONLY); assert(c); assert(!c); }");
        assertEquals(List.of("pread[200, 0, -1, -56]", "open[262144, 66, 420]", "open[262144, 0]", "assert[1]", "assert[0]"),
                machine.calls());
        assertEquals(3, machine.value("fd"));
        assertEquals(2, machine.value("g"));
    }

    @Test
    void optionalArgumentsMayBeAnyScalar() {
        FlatMachine machine = Programs.run("P0() { int a = fcntl(1, F_GETFL); int b = fcntl(1, F_SETFL, O_NONBLOCK);"
                + " struct uffdio_api api; int c = ioctl(3, UFFDIO_API, &api); int d = prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); }");
        assertEquals("fcntl[1, 3]", machine.calls().get(0));
        assertEquals("fcntl[1, 4, 2048]", machine.calls().get(1));
        assertEquals("ioctl[3, " + 0xc018aa3fL + ", " + 0x60000 + "]", machine.calls().get(2));
        assertEquals(5, machine.value("d"));
    }

    @Test
    void errnoCanBeReadAndSet() {
        FlatMachine machine = Programs.run("P0() { errno = EFAULT; int e = errno; errno++; int f = -errno; }");
        assertEquals(14, machine.value("e"));
        assertEquals(-15, machine.value("f"));
    }

    @Test
    void sizeofEvaluatesNothing() {
        FlatMachine machine = Programs.run("P0() { int n = 0; char b[10]; long s = sizeof n++; long t = sizeof b;"
                + " long u = sizeof *b; long v = sizeof(struct stat); long w = sizeof &b; long x = sizeof b[n++]; }");
        assertEquals(0, machine.value("n"));
        assertEquals(4, machine.value("s"));
        assertEquals(10, machine.value("t"));
        assertEquals(1, machine.value("u"));
        assertEquals(144, machine.value("v"));
        assertEquals(8, machine.value("w"));
        assertEquals(1, machine.value("x"));
    }

    @Test
    void aConditionalOfAPointerAndNullIsAPointer() {
        FlatMachine machine = Programs.run("char b[2];\nP0() { int n = 1; char *p = n ? b : NULL; char *q = n ? 0 : b;"
                + " void *v = n ? (void *) b : p; int some = p != NULL; int none = q == 0; }");
        assertEquals(1, machine.value("some"));
        assertEquals(1, machine.value("none"));
    }

    @Test
    void threadsArePlacedByTheirAttributes() {
        Program program = Programs.of("P0() { }\n[[process(b)]] P1() { }\n[[node(2), cpu(1)]] P2() { }\n"
                + "[[process(b)]] [[cpu(0)]] P3() { }\n[[node(2)]] P4() { }");
        assertEquals(List.of("", "b", "node 2"), program.processes());
        assertEquals(List.of(
                        new Placement(0, 1, OptionalInt.empty()), new Placement(1, 1, OptionalInt.empty()),
                        new Placement(2, 2, OptionalInt.of(1)), new Placement(1, 1, OptionalInt.of(0)),
                        new Placement(2, 2, OptionalInt.empty())),
                program.threads().stream().map(Body::placement).toList());
    }

    @Test
    void commentsInTheMannerOfHerdStandOutsideBodiesOnly() {
        FlatMachine machine = Programs.run("(* a comment *) int g = 6; /* another */\n(* one (* is not nested *)\n"
                + "P0() { int *p = &g; int six = (*p); // and *) this\n }");
        assertEquals(6, machine.value("six"));
    }

    @Test
    void wordsOfOtherPartsAreNamesInABody() {
        FlatMachine machine = Programs.run("P0() { int exists = 1; int expect = exists + 1; int forall = ~exists; int C = 4; }");
        assertEquals(2, machine.value("expect"));
        assertEquals(-2, machine.value("forall"));
    }

    @Test
    void aConversionThatChangesNothingSaysSo() {
        for (IntegerType from : IntegerType.values()) {
            for (IntegerType to : IntegerType.values()) {
                var convert = new TypedExpression.Convert(to,
                        new TypedExpression.RegisterRead(from, 0, new Span(1, 1, 1)),
                        new Span(1, 1, 1));
                boolean same = true;
                for (long bits : new long[] {0, 1, -1, 127, 128, 255, 32768, 65535, 1L << 31, 0xffff_ffffL, Long.MIN_VALUE}) {
                    long value = from.normalise(bits);
                    same &= to.normalise(value) == value;
                }
                assertEquals(!same, convert.changesValue(), from + " to " + to);
            }
        }
    }

    @Test
    void pointersConvertToIntegersAndBackByCasts() {
        FlatMachine machine = Programs.run("char b[2];\nP0() { uintptr_t u = (uintptr_t) b; char *p = (char *) (u + 1);"
                + " *p = 3; int low = (int) (long) &b[1] - (int) (long) b; }");
        assertEquals(3, machine.element("b", 1));
        assertEquals(1, machine.value("low"));
    }

    @Test
    void everyBodyIsKnownByItsName() {
        Program program = Programs.of("init() { }\nP0() { }\nP1() { }\nfinal() { }");
        assertEquals(List.of("init", "P0", "P1", "final"), program.bodies().stream().map(Body::name).toList());
        assertTrue(program.body("P1").isPresent());
        assertFalse(program.body("P2").isPresent());
    }
}
