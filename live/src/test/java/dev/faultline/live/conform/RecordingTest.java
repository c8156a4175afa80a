package dev.faultline.live.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// Programs with their answers, as text and back.
class RecordingTest {
    private static final int PROGRAMS = 300;

    private static Recorded recorded(ModelSide model, Program program) {
        return new Recorded(program, model.runHere(program, () -> false).answers());
    }

    @Test
    void whatIsWrittenIsRead() {
        ModelSide model = new ModelSide("tmpfs");
        Generator generator = new Generator("tmpfs");
        List<Recorded> programs = LongStream.range(0, PROGRAMS).mapToObj(seed -> recorded(model, generator.program(seed))).toList();
        Recording recording = new Recording("6.18.44", "tmpfs", programs);
        assertEquals(recording, Recording.parse(recording.lines()));
    }

    @Test
    void anotherAnswerIsADifferenceAndNamesItsCall() {
        ModelSide model = new ModelSide("tmpfs");
        Program program = new Program(List.of(new Program.InitialFile("f", 100, 'a')),
                List.of(Call.open("f", 2), Call.of("lseek", 3, 0, 2)));
        Recorded right = recorded(model, program);
        assertEquals(Optional.empty(), right.differenceTo(model, () -> false));
        List<Answer> other = new ArrayList<>(right.answers());
        other.set(1, Answer.value(101));
        Difference difference = new Recorded(program, other).differenceTo(model, () -> false).orElseThrow();
        assertEquals(1, difference.index());
        assertEquals("100 / 101", difference.model() + " / " + difference.host());
        assertTrue(LitmusText.of(difference, "x", "tmpfs", "6.18.44").contains("model: 100   Linux: 101"));
    }
}
