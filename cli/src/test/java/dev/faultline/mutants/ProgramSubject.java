package dev.faultline.mutants;

import dev.faultline.litmus.load.LitmusLoader;
import dev.faultline.litmus.run.Setup;
import dev.faultline.litmus.syntax.MalformedLitmusException;
import dev.faultline.live.conform.Answer;
import dev.faultline.live.conform.Generator;
import dev.faultline.live.conform.ModelSide;
import dev.faultline.live.conform.Program;
import dev.faultline.live.conform.Recorded;
import dev.faultline.live.conform.Recording;
import dev.faultline.live.conform.ThreadedGenerator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;

/// Random programs, on the kernel that the class loader of this class knows.
public final class ProgramSubject implements Programs {
    /// What takes longer to explore is not for every build.
    private static final long LONG_NANOS = 300_000_000;

    private static final int DISTURBED = 60;

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

    @Override
    public List<Trial> disturbed() {
        return LongStream.range(0, DISTURBED).mapToObj(i -> Transparent.of(Transparent.FIRST_SEED + i))
                .<Trial>flatMap(Optional::stream).toList();
    }

    @Override
    public Optional<Trial> threaded(String fileSystem, long seed) {
        String text = new ThreadedGenerator(fileSystem).program(seed, 2).text(Long.toString(seed), fileSystem);
        try {
            SameOutcomes trial = new SameOutcomes("drawn for " + fileSystem, LitmusLoader.parse("drawn", text, Setup.modelled()));
            long end = System.nanoTime() + LONG_NANOS;
            trial.passes(() -> System.nanoTime() > end);
            return System.nanoTime() > end ? Optional.empty() : Optional.of(trial);
        } catch (MalformedLitmusException impossible) {
            throw new AssertionError("a program that is none: " + text, impossible);
        }
    }

    private record OnModel(String name, ModelSide model, Program program, List<Answer> answers) implements Trial {
        @Override
        public boolean passes(BooleanSupplier stop) {
            ModelSide.Result result = model.runHere(program, stop);
            return stop.getAsBoolean() || result.wrong().isEmpty() && result.answers().equals(answers);
        }
    }
}
