package dev.faultline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.faultline.live.conform.LitmusText;
import dev.faultline.live.conform.ModelSide;
import dev.faultline.live.conform.Recorded;
import dev.faultline.live.conform.Recording;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The programs of `zoo/recorded`: the model answers as the Linux did that ran them.
class RecordedProgramsTest {
    private static final Path FOLDER = Path.of("../zoo/recorded");

    @ParameterizedTest
    @ValueSource(strings = {"tmpfs", "ext4", "xfs", "btrfs"})
    void theModelAnswersAsLinuxDid(String fileSystem) throws IOException {
        Recording recording = Recording.parse(Files.readAllLines(FOLDER.resolve(fileSystem + ".txt")));
        assertEquals(fileSystem, recording.fileSystem());
        ModelSide model = new ModelSide(fileSystem);
        List<String> wrong = new ArrayList<>();
        for (Recorded recorded : recording.programs()) {
            recorded.differenceTo(model, () -> false).ifPresent(difference ->
                    wrong.add(LitmusText.of(difference, "recorded", fileSystem, recording.release())));
        }
        assertEquals(List.of(), wrong);
    }
}
