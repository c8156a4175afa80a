package dev.faultline.mutants;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The mutants of some packages, and the tests that may notice them.
final class Mutants {
    /// Tests that take longer than this are not run again for each mutant.
    private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final long HANG_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final MutatedClasses classes;
    private final List<Measured> trials = new ArrayList<>();

    /// A trial as it goes without a mutant.
    ///
    /// @param nanos   how long it takes
    /// @param reached the places that it comes by
    private record Measured(Trial trial, long nanos, BitSet reached) {}

    /// @param packages   whose mutants are made
    /// @param zooFolders whose tests are tried
    /// @param corpus     the folder whose tests run on tmpfs
    /// @param tests      what the names of the kernel's test classes begin with
    Mutants(List<String> packages, List<Path> zooFolders, Path corpus, List<String> tests)
            throws IOException, ReflectiveOperationException {
        this.classes = new MutatedClasses(packages);
        Switch.sites(classes.sites().size());
        List<Trial> all = new ArrayList<>(unitTests(tests));
        Subject subject = (Subject) classes.loadClass("dev.faultline.mutants.ZooSubject").getConstructor().newInstance();
        all.addAll(subject.zoo(zooFolders));
        all.addAll(subject.outcomes(corpus, "tmpfs"));
        for (Trial trial : all) {
            measure(trial);
        }
        trials.removeIf(measured -> measured.nanos() > LONG_NANOS);
        trials.sort(Comparator.comparingLong(Measured::nanos));
    }

    private List<Trial> unitTests(List<String> prefixes) throws IOException, ReflectiveOperationException {
        List<Trial> found = new ArrayList<>();
        Optional<Path> folder = MutatedClasses.kernelTests();
        if (folder.isEmpty()) {
            return found;
        }
        List<String> names;
        try (Stream<Path> files = Files.walk(folder.get())) {
            names = files.map(file -> folder.get().relativize(file).toString())
                    .filter(name -> name.endsWith("Test.class") && prefixes.stream().anyMatch(name::startsWith))
                    .map(name -> name.replace(".class", "").replace('/', '.')).sorted().toList();
        }
        for (String name : names) {
            Method[] methods = classes.loadClass(name).getDeclaredMethods();
            Stream.of(methods).filter(method -> method.isAnnotationPresent(Test.class))
                    .sorted(Comparator.comparing(Method::getName)).map(UnitTrial::new).forEach(found::add);
        }
        return found;
    }

    private void measure(Trial trial) {
        Switch.set(Switch.NONE, false, Long.MAX_VALUE);
        long start = System.nanoTime();
        if (!trial.passes(() -> false)) {
            throw new AssertionError(trial.name() + " fails without a mutant");
        }
        trials.add(new Measured(trial, System.nanoTime() - start, Switch.reached()));
    }

    /// {@return the places at which something can be left out}
    List<Site> sites() {
        return classes.sites();
    }

    /// {@return how many tests there are}
    int trials() {
        return trials.size();
    }

    /// {@return whether any test comes by that place}
    boolean isReached(Site site) {
        return trials.stream().anyMatch(trial -> trial.reached().get(site.id()));
    }

    /// {@return whether a check has gone both ways in the tests}
    boolean goesBothWays(Site site) {
        return Switch.wentBothWays(site.id());
    }

    /// {@return the test that notices if something is left out there; empty if none does}
    Optional<String> noticedBy(Site site) {
        boolean taken = Switch.isMostlyTaken(site.id());
        for (Measured measured : trials) {
            if (measured.reached().get(site.id()) && !passes(site, taken, measured)) {
                return Optional.of(measured.trial().name());
            }
        }
        return Optional.empty();
    }

    private static boolean passes(Site site, boolean taken, Measured measured) {
        long end = System.nanoTime() + Math.max(TimeUnit.SECONDS.toNanos(1), 10 * measured.nanos());
        Switch.set(site.id(), taken, end + HANG_NANOS);
        try {
            return measured.trial().passes(() -> System.nanoTime() > end);
        } catch (RuntimeException | Error noticed) {
            return false;
        } finally {
            Switch.set(Switch.NONE, false, Long.MAX_VALUE);
        }
    }
}
