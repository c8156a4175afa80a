package dev.faultline.mutants;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.faultline.litmus.setup.FileSystemType;
import dev.faultline.litmus.verdict.KernelChoice;
import dev.faultline.live.conform.Generator;
import dev.faultline.live.conform.HostSide;
import dev.faultline.live.conform.ModelSide;
import dev.faultline.live.conform.Program;
import dev.faultline.live.conform.Recorded;
import dev.faultline.live.conform.Recording;
import dev.faultline.live.conform.ThreadedConform;
import dev.faultline.live.conform.ThreadedDifference;
import dev.faultline.live.conform.ThreadedGenerator;
import dev.faultline.live.conform.ThreadedProgram;
import dev.faultline.live.host.HostUnavailable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Chooses programs for the zoo anew when it is asked to; as root, on a Linux that has the file system.
class ChoiceTest {
    private static final int PROGRAMS = Integer.getInteger("mutants.programs.count", 4_000);
    private static final long FIRST_SEED = 20_000_000;

    /// With `-Dmutants.programs=tmpfs`: `zoo/recorded/tmpfs.txt`.
    @Test
    void programsAreChosen() throws IOException, HostUnavailable, ReflectiveOperationException {
        String asked = System.getProperty("mutants.programs", "");
        assumeFalse(asked.isEmpty(), "no programs are to be chosen");
        Path file = Group.RECORDED_PROGRAMS.resolve(asked + ".txt");
        MutatedClasses classes = new MutatedClasses(Group.ALL.stream().flatMap(group -> group.fullNames().stream()).toList());
        Programs programs = programs(classes);
        List<Trial> trials = new ArrayList<>();
        for (Path other : Group.recorded()) {
            trials.addAll(other.equals(file) ? List.of() : programs.recorded(other));
        }
        Map<String, Long> seeds = new TreeMap<>();
        for (long seed = FIRST_SEED; seed < FIRST_SEED + PROGRAMS; seed++) {
            Trial trial = programs.drawn(asked, seed);
            seeds.put(trial.name(), seed);
            trials.add(trial);
        }
        try (HostSide host = HostSide.start(type(asked), Optional.empty())) {
            ModelSide model = new ModelSide(asked);
            Mutants mutants = new Mutants(classes, trials);
            List<Recorded> chosen = List.copyOf(new Choice<>(mutants, seeds, seed -> {
                Program program = new Generator(asked).program(seed);
                return Recorded.agreed(program, model.runHere(program, () -> false), host.run(program, () -> false));
            }).among(mutants.sites()).values());
            assertFalse(chosen.isEmpty());
            Files.write(file, new Recording(System.getProperty("os.version").replaceAll("-.*", ""), asked, chosen).lines());
        }
    }

    /// With `-Dmutants.threads=tmpfs`: adds programs of two threads to `zoo/threads`, those that notice mutants of `mm`.
    @Test
    void programsOfTwoThreadsAreChosen() throws IOException, HostUnavailable, ReflectiveOperationException {
        String asked = System.getProperty("mutants.threads", "");
        assumeFalse(asked.isEmpty(), "no programs are to be chosen");
        MutatedClasses classes = new MutatedClasses(List.of("dev.faultline.kernel.mm"));
        Programs programs = programs(classes);
        Map<String, Long> seeds = new TreeMap<>();
        List<Trial> trials = new ArrayList<>();
        for (long seed = FIRST_SEED; seed < FIRST_SEED + PROGRAMS; seed++) {
            for (Trial trial : programs.threaded(asked, seed).stream().toList()) {
                seeds.put(trial.name(), seed);
                trials.add(trial);
            }
        }
        Mutants mutants = new Mutants(classes, trials);
        ThreadedGenerator generator = new ThreadedGenerator(asked);
        ThreadedConform conform = new ThreadedConform(type(asked), Optional.empty(), new KernelChoice("v6.18", List.of()), 2);
        Map<Long, ThreadedProgram> chosen = new Choice<>(mutants, seeds, seed -> {
            ThreadedDifference both = conform.compare(seed);
            if (both.isDifferent()) {
                System.err.println(both.text());
            }
            return both.isDifferent() ? Optional.empty() : Optional.of(generator.program(seed, 2));
        }).among(mutants.sites());
        assertFalse(chosen.isEmpty());
        for (Map.Entry<Long, ThreadedProgram> program : chosen.entrySet()) {
            String name = program.getValue().name() + "-" + (program.getKey() - FIRST_SEED);
            Files.writeString(Group.THREADS.resolve(name + ".litmus"), program.getValue().text(name, asked));
        }
    }

    private static FileSystemType type(String word) {
        return FileSystemType.valueOf(word.toUpperCase(Locale.ROOT));
    }

    private static Programs programs(MutatedClasses classes) throws ReflectiveOperationException {
        return (Programs) classes.loadClass(ProgramSubject.class.getName()).getConstructor().newInstance();
    }
}
