package dev.faultline.mutants;

import dev.faultline.live.conform.Generator;
import dev.faultline.live.conform.HostSide;
import dev.faultline.live.conform.ModelSide;
import dev.faultline.live.conform.Program;
import dev.faultline.live.conform.Recorded;
import dev.faultline.live.conform.Recording;
import dev.faultline.live.host.HostUnavailable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;

/// Chooses which random programs are worth recording: as few as notice all mutants that any of them notices.
///
/// The host runs them. One that it answers otherwise than the model does is passed over.
final class Choice {
    private static final long CPU_NANOS_A_MUTANT = 8_000_000_000L;
    private static final int TRIED_FOR_A_MUTANT = 500;

    private final String fileSystem;
    private final HostSide host;
    private final Mutants mutants;
    private final TreeMap<String, Long> seeds = new TreeMap<>();
    private final TreeMap<Long, Recorded> chosen = new TreeMap<>();

    /// Among `count` programs, those of the seeds from `seed` on.
    ///
    /// @param recorded those that are recorded already, for other file systems, which need not be noticed again
    Choice(String fileSystem, HostSide host, MutatedClasses classes, List<Path> recorded, long seed, int count)
            throws ReflectiveOperationException {
        this.fileSystem = fileSystem;
        this.host = host;
        Programs programs = (Programs) classes.loadClass(ProgramSubject.class.getName()).getConstructor().newInstance();
        List<Trial> trials = new ArrayList<>();
        for (Path file : recorded) {
            trials.addAll(programs.recorded(file));
        }
        for (long i = seed; i < seed + count; i++) {
            Trial trial = programs.drawn(fileSystem, i);
            seeds.put(trial.name(), i);
            trials.add(trial);
        }
        this.mutants = new Mutants(classes, trials);
    }

    /// Tries every mutant, and writes the programs that notice them.
    void write(Path file) throws IOException, HostUnavailable {
        int done = 0;
        for (Site site : mutants.sites()) {
            tryOn(site);
            if (++done % 100 == 0) {
                System.err.printf(Locale.ROOT, "%s: %d of %d, %d chosen%n", fileSystem, done, mutants.sites().size(), chosen.size());
            }
        }
        List<String> lines = new Recording(System.getProperty("os.version").replaceAll("-.*", ""), fileSystem,
                List.copyOf(chosen.values())).lines();
        Files.write(file, lines);
    }

    private void tryOn(Site site) throws HostUnavailable {
        while (true) {
            Optional<String> by = mutants.noticedByOneOf(site, TRIED_FOR_A_MUTANT, CPU_NANOS_A_MUTANT);
            Optional<Long> seed = by.flatMap(name -> Optional.ofNullable(seeds.get(name))).filter(found -> !chosen.containsKey(found));
            if (seed.isEmpty()) {
                return; // nothing notices it, or what is recorded does
            }
            Optional<Recorded> agreed = agreed(new Generator(fileSystem).program(seed.get()));
            if (agreed.isPresent()) {
                chosen.put(seed.get(), agreed.get());
                return;
            }
            by.ifPresent(mutants::drop);
        }
    }

    /// {@return it with its answers; nothing if the two sides do not answer the same}
    private Optional<Recorded> agreed(Program program) throws HostUnavailable {
        ModelSide.Result model = new ModelSide(fileSystem).runHere(program, () -> false);
        return Recorded.agreed(program, model, host.run(program, () -> false));
    }
}
