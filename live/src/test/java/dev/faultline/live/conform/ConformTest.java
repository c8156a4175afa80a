package dev.faultline.live.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.faultline.litmus.setup.FileSystemType;
import dev.faultline.live.host.HostUnavailable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Both sides together, and what is made of their answers.
class ConformTest {
    private static final Program PROGRAM = new Program(List.of(new Program.InitialFile("f", 100, 'a')),
            List.of(Call.open("f", 2), Call.of("pread", 3, Program.ARENA, 5, 0), Call.of("fsync", 3)));

    /// Answers of which all but `index` are as they would be.
    private static List<Answer> answers(int index, Answer other) {
        return PROGRAM.withLook().stream().map(call -> call == PROGRAM.withLook().get(index) ? other : Answer.value(0))
                .toList();
    }

    private static List<Answer> agreed() {
        return PROGRAM.withLook().stream().map(_ -> Answer.value(0)).toList();
    }

    private static Comparison compare(List<Answer> host, List<Rule> rules, String... wrong) {
        return Comparison.of(PROGRAM, new ModelSide.Result(agreed(), List.of(wrong)),
                new HostSide.Result(host, Optional.empty()), rules);
    }

    private static Rule always(Rule.Effect effect) {
        return new Rule("always", effect, _ -> true);
    }

    @Test
    void equalAnswersAreNoDifference() {
        assertEquals(Optional.empty(), compare(agreed(), List.of()).difference());
    }

    @Test
    void theFirstCallThatIsAnsweredDifferentlyIsNamed() {
        Difference difference = compare(answers(1, Answer.error(14)), List.of()).difference().orElseThrow();
        assertEquals(1, difference.index());
        assertEquals("pread: 0 / -1 EFAULT", difference.sort());
    }

    @Test
    void aRuleExplainsADifference() {
        for (Rule.Effect effect : List.of(Rule.Effect.GO_ON, Rule.Effect.STOP)) {
            Comparison comparison = compare(answers(1, Answer.error(14)), List.of(always(effect)));
            assertEquals(Optional.empty(), comparison.difference());
            assertEquals(List.of("always"), comparison.explained());
        }
    }

    @Test
    void whatFollowsAnExplainedDifferenceIsComparedOnlyIfItCanBe() {
        assertEquals(2, compare(answers(1, Answer.error(14)), List.of(always(Rule.Effect.STOP))).compared());
        assertEquals(PROGRAM.withLook().size(),
                compare(answers(1, Answer.error(14)), List.of(always(Rule.Effect.GO_ON))).compared());
    }

    @Test
    void whatTheModelFindsWrongIsADifference() {
        Difference difference = compare(agreed(), List.of(), "LEAK: page 3").difference().orElseThrow();
        assertEquals("LEAK: page 3", difference.model());
        assertEquals(PROGRAM.withLook().size(), difference.index());
    }

    @Test
    void noRuleHidesASideThatDoesNotEnd() {
        List<Answer> first = answers(1, Answer.error(14)).subList(0, 2);
        Comparison comparison = Comparison.of(PROGRAM, new ModelSide.Result(agreed(), List.of()),
                new HostSide.Result(first, Optional.of(Limits.noEnd(30_000))), List.of(always(Rule.Effect.STOP)));
        Difference difference = comparison.difference().orElseThrow();
        assertTrue(difference.isUnfinished());
        assertEquals("no end within 30 s", difference.host());
    }

    @Test
    void theModelStopsInTheMiddleOfAProgramThatNobodyWants() {
        Program program = new Program(List.of(new Program.InitialFile("f", 1L << 30, Program.InitialFile.HOLE)),
                List.of(Call.open("f", 2), Call.open("g", 0102), Call.of("sendfile", 4, 3, 0, 1L << 30)));
        ModelSide.Result result = new ModelSide("tmpfs").begin(program).result(() -> true);
        assertEquals(List.of("no end within 0 s"), result.wrong());
    }

    @Test
    void everyInvocationOfAModelledFunctionIsCounted() {
        Program program = new Program(List.of(), List.of(
                Call.of("mmap", Program.ARENA, 4096, 3, 0x32, -1, 0), Call.of("mprotect", Program.ARENA, 4096, 1)));
        try (Functions.Count count = Functions.count()) {
            new ModelSide("tmpfs").run(program);
            List<String> reached = count.end().orElseThrow().reached();
            assertTrue(reached.contains("mm/mprotect.c: change_protection"), reached::toString);
            assertFalse(reached.contains("mm/mremap.c: move_vma"), reached::toString);
        }
    }

    @Test
    void noRuleExplainsAnErrnoOfAPlainCall() {
        assertTrue(compare(answers(1, Answer.error(14)), Rules.of("ext4")).difference().isPresent());
        assertTrue(compare(answers(2, Answer.error(5)), Rules.of("ext4")).difference().isPresent());
    }

    @Test
    void theModelAndThisHostAgreeOnExt4(@TempDir Path folder) throws IOException {
        String type = Files.getFileStore(folder).type();
        assumeTrue(type.equals("ext4"), "programs run on ext4, and " + folder + " lies on " + type);
        try (HostSide host = HostSide.start(FileSystemType.EXT4, Optional.of(folder))) {
            Conform conform = new Conform(new ModelSide("ext4"), host, Rules.of("ext4"));
            conform.run(1, 400, () -> false, _ -> { });
            assertEquals(400, conform.programs());
            assertEquals(List.of(), conform.differences().stream()
                    .map(difference -> LitmusText.of(difference, "difference", "ext4", "host")).toList());
        } catch (HostUnavailable missing) {
            abort("the host cannot run programs: " + missing.getMessage());
        }
    }
}
