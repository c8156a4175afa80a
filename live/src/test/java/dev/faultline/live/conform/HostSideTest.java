package dev.faultline.live.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.faultline.litmus.setup.FileSystemType;
import dev.faultline.live.host.HostUnavailable;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the interpreter answers, where there is a compiler for it.
class HostSideTest {
    private static final long ARENA = Program.ARENA;

    @TempDir
    private Path folder;

    private List<Answer> run(Program program) {
        try (HostSide host = HostSide.start(FileSystemType.EXT4, Optional.of(folder))) {
            HostSide.Result result = host.run(program, () -> false);
            assertEquals(Optional.empty(), result.died());
            assertEquals(program.withLook().size(), result.answers().size());
            return result.answers();
        } catch (HostUnavailable missing) {
            return abort("the host cannot run programs: " + missing.getMessage());
        }
    }

    private static Program program(Call... calls) {
        return new Program(List.of(new Program.InitialFile("f", 5000, 'a')), List.of(calls));
    }

    @Test
    void answersAreValuesErrorsSignalsAndBytes() {
        List<Answer> answers = run(program(Call.open("f", 2), Call.of("mmap", ARENA, 12288, 3, 0x11, 3, 0),
                Call.of(Call.SHOW, ARENA, 12288), Call.of(Call.STORE, ARENA + 8192, 1, 1), Call.of(Call.LOAD, ARENA + 1, 1),
                Call.of("pread", 7, ARENA, 1, 0), Call.of(Call.LOAD, ARENA + 65536, 8)));
        assertEquals(List.of("3", Long.toString(ARENA), "SIGBUS, 61x5000,00x3192", "SIGBUS", "97", "-1 EBADF", "SIGSEGV"),
                answers.subList(0, 7).stream().map(Answer::toString).toList());
    }

    @Test
    void theFilesAreLookedAtWhenTheProgramHasEnded() {
        List<Answer> answers = run(program(Call.open("f", 2), Call.of("ftruncate", 3, 700)));
        assertEquals("61x700,00x64836", answers.getLast().bytes());
        assertEquals(700, answers.get(answers.size() - 3).value());
    }

    @Test
    void eachProgramFindsNothingOfTheOneBefore() {
        Program first = program(Call.open("f", 2), Call.of("mmap", ARENA, 4096, 3, 0x32, -1, 0), Call.open("g", 0102));
        Program second = program(Call.open("g", 0), Call.of(Call.LOAD, ARENA, 1), Call.open("f", 0));
        try (HostSide host = HostSide.start(FileSystemType.EXT4, Optional.of(folder))) {
            host.run(first, () -> false);
            List<Answer> answers = host.run(second, () -> false).answers();
            assertEquals(List.of("-1 ENOENT", "SIGSEGV", "3"), answers.subList(0, 3).stream().map(Answer::toString).toList());
        } catch (HostUnavailable missing) {
            abort("the host cannot run programs: " + missing.getMessage());
        }
    }

    @Test
    void theModelAnswersASimpleProgramAsTheHostDoes() {
        Program program = program(Call.open("f", 2), Call.of("mmap", ARENA, 8192, 3, 0x11, 3, 0),
                Call.of(Call.FILL, ARENA + 4090, 20, 5), Call.of("ftruncate", 3, 4095), Call.of("pread", 3, ARENA, 100, 4000));
        ModelSide.Result model = new ModelSide("ext4").run(program);
        assertEquals(List.of(), model.wrong());
        assertEquals(run(program), model.answers());
        assertTrue(model.answers().get(4).value() == 95, model.answers().toString());
    }
}
