package dev.faultline.mutants;

import dev.faultline.explore.ExploreOptions;
import dev.faultline.explore.strategy.StrategyChoice;
import dev.faultline.litmus.expect.Expectation;
import dev.faultline.litmus.load.LitmusLoader;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.run.Setup;
import dev.faultline.litmus.syntax.MalformedLitmusException;
import dev.faultline.litmus.verdict.Check;
import dev.faultline.litmus.verdict.CheckOptions;
import dev.faultline.litmus.verdict.KernelChoice;
import dev.faultline.machine.schedule.SetUpFailed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The zoo, on the kernel that its class loader knows.
public final class ZooSubject implements Subject {
    private static final Pattern MOUNT = Pattern.compile("\\bmount\\s+\\w+\\s+(/\\S*?)\\s*;");

    /// Made by name.
    public ZooSubject() {}

    @Override
    public List<Trial> zoo(List<Path> folders, boolean earlier) {
        List<Trial> trials = new ArrayList<>();
        for (Path folder : folders) {
            try (Stream<Path> files = Files.list(folder)) {
                files.filter(file -> file.toString().endsWith(".litmus")).sorted().forEach(file -> trials.addAll(of(file, earlier)));
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        }
        return trials;
    }

    @Override
    public List<Trial> outcomes(Path folder, String fileSystem) {
        try (Stream<String> lines = Files.lines(folder.resolve(fileSystem + ".txt"))) {
            return lines.filter(line -> line.contains(" on Linux "))
                    .map(line -> line.substring(0, line.indexOf(" on Linux ")))
                    .<Trial>map(name -> new SameOutcomes(folder.toString(), mounted(folder.resolve(name + ".litmus"), fileSystem))).toList();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static LitmusTest mounted(Path file, String fileSystem) {
        try {
            String text = MOUNT.matcher(Files.readString(file)).replaceAll("mount " + fileSystem + " $1;");
            return LitmusLoader.parse(file.toString(), text, Setup.modelled());
        } catch (IOException | MalformedLitmusException unusable) {
            throw new AssertionError(unusable);
        }
    }

    private static List<Trial> of(Path file, boolean earlier) {
        try {
            LitmusTest test = LitmusLoader.load(file, Setup.modelled());
            return test.expectations().stream()
                    .filter(expected -> earlier || expected.patches().isEmpty())
                    .filter(expected -> earlier || expected.kernel().equals("v6.18") || expected.verdict().toString().equals("holds"))
                    .<Trial>map(expected -> new Expected(test, expected)).toList();
        } catch (MalformedLitmusException malformed) {
            throw new AssertionError(malformed);
        }
    }

    private record Expected(LitmusTest test, Expectation expected) implements Trial {
        @Override
        public String name() {
            return "zoo: " + test.name();
        }

        @Override
        public boolean passes(BooleanSupplier stop) {
            boolean holds = expected.verdict().toString().equals("holds");
            Late late = new Late(stop);
            ExploreOptions explore = ExploreOptions.DEFAULT.withMinimiseBudget(0).withStop(late)
                    .withUntil(holds ? ExploreOptions.Until.FIRST_VIOLATION : ExploreOptions.Until.ALL_IS_SEEN);
            try {
                String verdict = Check.run(test.as(expected), KernelChoice.of(expected),
                        new CheckOptions(StrategyChoice.DPOR, explore), System::currentTimeMillis).verdict();
                return verdict.equals(expected.verdict().toString()) || verdict.equals("incomplete")
                        || !holds && late.isLate;
            } catch (SetUpFailed noticed) {
                return false;
            }
        }
    }

    /// Remembers that a test was stopped.
    private static final class Late implements BooleanSupplier {
        private final BooleanSupplier stop;
        private boolean isLate;

        Late(BooleanSupplier stop) {
            this.stop = stop;
        }

        @Override
        public boolean getAsBoolean() {
            isLate |= stop.getAsBoolean();
            return isLate;
        }
    }
}
