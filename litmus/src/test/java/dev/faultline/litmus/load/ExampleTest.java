package dev.faultline.litmus.load;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.faultline.litmus.condition.Observable;
import dev.faultline.litmus.expect.Expectation;
import dev.faultline.litmus.setup.Architecture;
import dev.faultline.litmus.setup.FileSystemType;
import dev.faultline.litmus.setup.MountOptions;
import dev.faultline.litmus.setup.SetupStep;
import dev.faultline.litmus.syntax.MalformedLitmusException;
import dev.faultline.litmus.types.Body;
import dev.faultline.litmus.types.Modelled;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// The example of the language's own reference, read whole.
class ExampleTest {
    static final Path FILE = Path.of("src", "test", "resources", "gfs2-read-into-own-mapping.litmus");

    private static LitmusTest example() throws MalformedLitmusException {
        return LitmusLoader.load(FILE, Modelled.everything());
    }

    @Test
    void theHeaderNamesTheTest() throws Exception {
        assertEquals("gfs2-read-into-own-mapping", example().name());
        assertEquals(Optional.of("A direct read whose buffer is a mapping of the file that is read."), example().doc());
    }

    @Test
    void theMachineHasItsMountAndItsFile() throws Exception {
        List<SetupStep> steps = example().machine().steps();
        assertEquals(2, steps.size());
        assertEquals(new SetupStep.Mount(FileSystemType.GFS2, "/mnt", MountOptions.NONE, steps.get(0).span()), steps.get(0));
        assertEquals(new SetupStep.RegularFile("/mnt/f", 8192, new SetupStep.Content.Filled('a'), steps.get(1).span()),
                steps.get(1));
        assertEquals(Architecture.X86_64, example().machine().architecture());
        assertEquals(2, example().cpus());
    }

    @Test
    void theProgramHasItsBodies() throws Exception {
        assertEquals(List.of("init", "P0", "P1"), example().program().bodies().stream().map(Body::name).toList());
        assertEquals(2, example().program().threads().getFirst().locals().size());
    }

    @Test
    void theConditionNamesOneObservable() throws Exception {
        LitmusTest test = example();
        assertEquals("exists (0:r = 4096)", test.condition().orElseThrow().text());
        assertEquals(List.of("0:r"), test.observables().stream().map(Observable::name).toList());
    }

    @Test
    void theExpectationsReadAsWritten() throws Exception {
        assertEquals(List.of("expect v5.14: deadlock", "expect v5.14 + gfs2-page-fault-v5: holds", "expect v6.18: holds"),
                example().expectations().stream().map(Expectation::toString).toList());
    }
}
