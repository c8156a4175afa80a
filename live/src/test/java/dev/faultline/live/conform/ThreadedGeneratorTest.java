package dev.faultline.live.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.litmus.load.LitmusLoader;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.run.Setup;
import java.util.List;
import org.junit.jupiter.api.Test;

class ThreadedGeneratorTest {
    private static final List<String> FILE_SYSTEMS = List.of("tmpfs", "ext4", "xfs", "btrfs");

    @Test
    void everyProgramIsALitmusTestThatShowsWhatItsCallsReturn() throws Exception {
        for (String fileSystem : FILE_SYSTEMS) {
            for (int seed = 0; seed < 200; seed++) {
                ThreadedProgram program = new ThreadedGenerator(fileSystem).program(seed, 2);
                LitmusTest test = LitmusLoader.parse("t", program.text("t", fileSystem), Setup.modelled());
                assertEquals(2, test.program().threads().size());
                long results = program.threads().stream().flatMap(List::stream).mapToLong(action -> action.results().size()).sum();
                assertTrue(test.observables().size() >= results, program.text("t", fileSystem));
            }
        }
    }

    @Test
    void aSeedIsOneProgram() {
        for (int seed = 0; seed < 50; seed++) {
            assertEquals(new ThreadedGenerator("tmpfs").program(seed, 2), new ThreadedGenerator("tmpfs").program(seed, 2));
        }
    }

    @Test
    void threadsStaySmallAndNeverEmpty() {
        for (int seed = 0; seed < 200; seed++) {
            ThreadedProgram program = new ThreadedGenerator("ext4").program(seed, 2);
            assertTrue(program.threads().stream().noneMatch(List::isEmpty));
            assertTrue(program.threads().stream().mapToInt(List::size).sum() <= 4);
        }
    }

    @Test
    void withoutAnActionTheOthersStay() {
        ThreadedProgram program = new ThreadedGenerator("ext4").program(3, 2);
        ThreadedProgram smaller = program.without(0, 0);
        assertEquals(program.threads().get(0).subList(1, program.threads().get(0).size()), smaller.threads().get(0));
        assertEquals(program.threads().get(1), smaller.threads().get(1));
    }
}
