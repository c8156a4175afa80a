package dev.faultline.mutants;

import dev.faultline.live.conform.Answer;
import dev.faultline.live.conform.Generator;
import dev.faultline.live.conform.ModelSide;
import dev.faultline.live.conform.Program;
import dev.faultline.live.conform.Recorded;
import dev.faultline.live.conform.Recording;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/// Random programs, on the kernel that the class loader of this class knows.
public final class ProgramSubject implements Programs {
    /// Made by name.
    public ProgramSubject() {}

    @Override
    public List<Trial> recorded(Path file) {
        try {
            Recording recording = Recording.parse(Files.readAllLines(file));
            ModelSide model = new ModelSide(recording.fileSystem());
            List<Trial> trials = new ArrayList<>();
            for (Recorded recorded : recording.programs()) {
                trials.add(new OnModel("recorded on " + recording.fileSystem() + ": " + (trials.size() + 1), model,
                        recorded.program(), recorded.answers()));
            }
            return trials;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    @Override
    public Trial drawn(String fileSystem, long seed) {
        ModelSide model = new ModelSide(fileSystem);
        Program program = new Generator(fileSystem).program(seed);
        return new OnModel("drawn for " + fileSystem + ": " + seed, model, program, model.runHere(program, () -> false).answers());
    }

    private record OnModel(String name, ModelSide model, Program program, List<Answer> answers) implements Trial {
        @Override
        public boolean passes(BooleanSupplier stop) {
            ModelSide.Result result = model.runHere(program, stop);
            return stop.getAsBoolean() || result.wrong().isEmpty() && result.answers().equals(answers);
        }
    }
}
