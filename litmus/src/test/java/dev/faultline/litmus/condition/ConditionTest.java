package dev.faultline.litmus.condition;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.litmus.load.LitmusLoader;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.syntax.MalformedLitmusException;
import dev.faultline.litmus.types.IntegerType;
import dev.faultline.litmus.types.Modelled;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What conditions say of executions, and which observables outcomes tell of.
class ConditionTest {
    private static final String PROGRAM = """
            {}
            int g = 0; char c; unsigned char u; short a[3]; char *p; size_t n;
            init() { int x = 1; }
            P0() { int r = 0; ssize_t s = 0; size_t t = 0; char local[4]; { int r = 5; int deep = 1; } }
            P1() { int r = 0; char *q = NULL; int m; int *pm = &m; }
            final() { int y = 2; }
            """;

    private static LitmusTest test(String doc, String condition) {
        try {
            return LitmusLoader.parse("t.litmus", "C t\n" + doc + "\n" + PROGRAM + condition + "\n", Modelled.everything());
        } catch (MalformedLitmusException malformed) {
            throw new AssertionError(malformed.getMessage(), malformed);
        }
    }

    private static boolean holds(String condition, Map<String, Long> values) {
        return test("", "exists (" + condition + ")").condition().orElseThrow()
                .holdsIn(observable -> values.getOrDefault(observable.name(), 0L));
    }

    private static List<String> observables(String doc, String condition) {
        return test(doc, condition).observables().stream().map(Observable::name).toList();
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "=>", quoteCharacter = '`', textBlock = """
            0:r = 5                                  => true
            0:r != 5                                 => false
            0:r < 6 /\\ 0:r <= 5                     => true
            0:r > 5 \\/ 0:r >= 6                     => false
            ~ 0:r = 4                                => true
            not 0:r = 5                              => false
            ~ (0:r = 5 /\\ 1:r = 7)                  => false
            0:r = 4 /\\ 1:r = 7 \\/ 0:r = 5          => true
            0:r = 5 \\/ 1:r = 7 /\\ 0:r = 4          => true
            (0:r = 5 \\/ 1:r = 7) /\\ 0:r = 4        => false
            ~ 0:r = 4 /\\ 1:r = 7                    => true
            ~ 0:r = 5 \\/ 1:r = 7                    => true
            0:r < 1:r                                => true
            5 = 0:r                                  => true
            4 < 0:r                                  => true
            true                                     => true
            not true                                 => false
            a[2] = -1                                => true
            a[0] = 0                                 => true
            c = 'b'                                  => true
            c = '\\x62'                              => true
            0:errno = EFAULT                         => true
            0:signal = SIGBUS                        => true
            1:signal = 0                             => true
            0:s = -1                                 => true
            0:t = -1                                 => true
            0:t > 4096                               => true
            u = 255                                  => true
            p = NULL                                 => true
            1:q = MAP_FAILED                         => true
            1:q != 0                                 => true
            1:q > p                                  => true
            init:x = 0x10                            => true
            final:y = -EINVAL                        => true
            0:local[3] = 0                           => true
            """)
    void formulasMeanWhatTheySay(String formula, boolean expected) {
        assertEquals(expected, holds(formula, Map.ofEntries(
                Map.entry("0:r", 5L), Map.entry("1:r", 7L), Map.entry("a[2]", -1L), Map.entry("c", (long) 'b'),
                Map.entry("0:errno", 14L), Map.entry("0:signal", 7L), Map.entry("0:s", -1L), Map.entry("0:t", -1L),
                Map.entry("u", 255L), Map.entry("1:q", -1L), Map.entry("init:x", 16L), Map.entry("final:y", -22L))));
    }

    @Test
    void aLocalIsThatOfTheOutermostDeclaration() {
        var observed = (Observable.OfLocal) test("", "exists (0:r = 1 /\\ 0:deep = 1)").observables().getFirst();
        assertEquals(0, observed.local().depth());
        assertEquals("P0", observed.body());
    }

    @Test
    void anElementLiesAtItsOffset() {
        var global = (Observable.OfGlobal) test("", "exists (a[2] = 1)").observables().getFirst();
        assertEquals(4, global.offset());
        assertEquals(IntegerType.SHORT, global.type());
        var local = (Observable.OfLocal) test("", "exists (0:local[3] = 1)").observables().getFirst();
        assertEquals(3, local.offset());
    }

    @Test
    void outcomesTellWhatTheConditionNamesThenWhatTheDocNames() {
        assertEquals(List.of("1:r", "g", "0:errno", "init:x"),
                observables("\"Is init:x seen? 1:r tells; 7:r and 0:none do not.\"", "exists (1:r = g /\\ 0:errno = 0)"));
    }

    @Test
    void withoutAConditionOutcomesTellTheOutermostScalarsOfTheThreads() {
        assertEquals(List.of("0:r", "0:s", "0:t", "1:r", "1:q", "1:m", "1:pm"), observables("", ""));
        assertEquals(List.of("final:y", "0:r", "0:s", "0:t", "1:r", "1:q", "1:m", "1:pm"),
                observables("\"final:y\"", ""));
    }

    @Test
    void observablesPrintTheirValuesForReaders() {
        List<Observable> found = test("", "exists (0:errno = 0 /\\ 0:signal = 0 /\\ p = NULL /\\ 0:s = 0 /\\ n = 0)").observables();
        assertEquals(List.of("EFAULT", "0", "4095"), print(found.get(0), 14, 0, 4095));
        assertEquals(List.of("SIGSEGV", "0"), print(found.get(1), 11, 0));
        assertEquals(List.of("NULL", "MAP_FAILED", "pointer"), print(found.get(2), 0, -1, 0x7f0000));
        assertEquals(List.of("-1", "4096"), print(found.get(3), -1, 4096));
        assertEquals(List.of("18446744073709551615"), print(found.get(4), -1));
    }

    private static List<String> print(Observable observable, long... values) {
        return java.util.Arrays.stream(values).mapToObj(observable::print).toList();
    }

    private static Outcomes outcomes(String condition) {
        LitmusTest test = test("", condition);
        var outcomes = new Outcomes(test.observables(), test.condition());
        for (long r : new long[] {4096, 0, 4096, 8192, -1}) {
            outcomes.add(_ -> r);
        }
        return outcomes;
    }

    @Test
    void existsIsSatisfiedByOneWitness() {
        assertEquals(Optional.of(new ConditionResult(true, 2, 3)), outcomes("exists (0:s = 4096)").result());
        assertEquals(Optional.of(new ConditionResult(false, 0, 5)), outcomes("exists (0:s = 1)").result());
    }

    @Test
    void notExistsIsSatisfiedByNoWitness() {
        assertEquals(Optional.of(new ConditionResult(false, 1, 4)), outcomes("~exists (0:s = 8192)").result());
        assertEquals(Optional.of(new ConditionResult(true, 0, 5)), outcomes("~ exists (0:s = 1)").result());
    }

    @Test
    void forallIsSatisfiedWhereNoneFails() {
        assertEquals(Optional.of(new ConditionResult(true, 5, 0)), outcomes("forall (0:s >= -1)").result());
        assertEquals(Optional.of(new ConditionResult(false, 4, 1)), outcomes("forall (0:s >= 0)").result());
    }

    @Test
    void beforeAnyExecutionOnlyExistsFails() {
        assertFalse(empty("exists (0:r = 1)"));
        assertTrue(empty("~exists (0:r = 1)"));
        assertTrue(empty("forall (0:r = 1)"));
    }

    private static boolean empty(String condition) {
        LitmusTest test = test("", condition);
        return new Outcomes(test.observables(), test.condition()).result().orElseThrow().satisfied();
    }

    @Test
    void outcomesAreCountedAndOrdered() {
        Outcomes outcomes = outcomes("exists (0:s = 4096)");
        assertEquals(List.of(new Outcome(List.of(-1L), 1), new Outcome(List.of(0L), 1),
                new Outcome(List.of(4096L), 2), new Outcome(List.of(8192L), 1)), outcomes.all());
        assertEquals(Map.of("0:s", "4096"), outcomes.print(outcomes.all().get(2)));
    }

    @Test
    void withoutAConditionThereIsNoResult() {
        assertEquals(Optional.empty(), outcomes("").result());
        assertEquals(7, outcomes("").all().getFirst().values().size());
    }

    @Test
    void theTextOfAConditionIsAsWrittenInOneLine() {
        assertEquals("~exists (0:r = 1 /\\ 1:r = 2)",
                test("", "~exists\n  (0:r = 1 /\\\n   1:r = 2)").condition().orElseThrow().text());
    }
}
