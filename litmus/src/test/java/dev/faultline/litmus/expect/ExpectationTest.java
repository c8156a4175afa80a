package dev.faultline.litmus.expect;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.faultline.litmus.expect.Expectation.PatchChange;
import dev.faultline.litmus.load.LitmusLoader;
import dev.faultline.litmus.setup.Architecture;
import dev.faultline.litmus.types.Modelled;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `expect` lines.
class ExpectationTest {
    private static List<Expectation> expectations(String lines) throws Exception {
        return LitmusLoader.parse("t.litmus", "C t\n{}\nP0() { }\n" + lines, Modelled.everything()).expectations();
    }

    @ParameterizedTest
    @CsvSource(delimiterString = "=>", textBlock = """
            expect v5.14: deadlock                            => expect v5.14: deadlock
            expect  v5.14  :  holds                           => expect v5.14: holds
            expect v5.17-rc8 + a-b +c: incomplete             => expect v5.17-rc8 + a-b + c: incomplete
            expect v6.18 -gfs2-fix + b: condition             => expect v6.18 - gfs2-fix + b: condition
            expect v2.6.23 on arm64 mte: bug                  => expect v2.6.23 on arm64 mte: bug
            expect v6.18 on x86_64: leak,livelock,  deadlock  => expect v6.18 on x86_64: deadlock, livelock, leak
            expect v6.18: warning, bad-result, lost-error, use-after-free, corruption => expect v6.18: corruption, use-after-free, lost-error, bad-result, warning
            expect v6.18 (* why *): holds // because          => expect v6.18: holds
            """)
    void aLinePrintsInItsCanonicalForm(String line, String canonical) throws Exception {
        assertEquals(List.of(canonical), expectations(line).stream().map(Expectation::toString).toList());
    }

    @Test
    void aLineSaysWhatIsAppliedAndWhatIsTakenBack() throws Exception {
        Expectation expectation = expectations("expect v6.18 - a + b on morello: holds").getFirst();
        assertEquals("v6.18", expectation.kernel());
        assertEquals(List.of(new PatchChange(false, "a"), new PatchChange(true, "b")), expectation.patches());
        assertEquals(Optional.of(Architecture.MORELLO), expectation.architecture());
        assertEquals(new ExpectedVerdict.Holds(), expectation.verdict());
    }

    @Test
    void linesForDifferentKernelsStandBesideEachOther() throws Exception {
        assertEquals(4, expectations("expect v5.14: deadlock\nexpect v5.14 + a: holds\nexpect v5.14 - a: holds\n"
                + "expect v5.14 on morello: holds\n").size());
    }

    @Test
    void theKindsStandInTheOrderOfTheLanguage() {
        assertEquals("deadlock livelock corruption use-after-free leak lost-error bad-result bug warning",
                String.join(" ", Arrays.stream(ViolationKind.values()).map(ViolationKind::word).toList()));
    }
}
