package dev.faultline.mutants;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The mutants of some packages, and the tests that may notice them.
final class Mutants {
    /// Tests that take longer than this are not run again for each mutant.
    private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(2);

    /// What an execution gets, beyond the time of its test, before it is ended, which says nothing.
    private static final long HANG_NANOS = TimeUnit.SECONDS.toNanos(3);

    private static final long SHORTEST_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final int TIMES_LONGER = 5;
    private static final int SEVERAL = 5;
    private static final int PART_FOR_EXCUSED = 4;
    private static final int ALL = Integer.MAX_VALUE;

    /// What all tests of one mutant get together: what goes on for longer counts as not noticed.
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(Integer.getInteger("mutants.seconds", 120));

    private final MutatedClasses classes;
    private final List<Measured> trials = new ArrayList<>();

    /// Those that noticed something, the latest first: they are likely to notice the next mutant of the same method.
    private final LinkedList<Measured> noticers = new LinkedList<>();

    /// A trial as it goes without a mutant.
    ///
    /// @param nanos   how long it takes
    /// @param reached the places that it comes by
    private record Measured(Trial trial, long nanos, BitSet reached) {}

    /// Groups that have the same tests.
    Mutants(List<Group> groups) throws IOException, ReflectiveOperationException {
        Group group = groups.getFirst();
        this.classes = new MutatedClasses(groups.stream().flatMap(one -> one.fullNames().stream()).toList());
        List<Trial> all = new ArrayList<>(unitTests(group.testPrefixes()));
        Subject subject = (Subject) classes.loadClass("dev.faultline.mutants.ZooSubject").getConstructor().newInstance();
        all.addAll(subject.zoo(group.zooFolders(), group.earlier()));
        for (String table : group.corpora()) {
            int slash = table.indexOf('/');
            all.addAll(subject.outcomes(Path.of("../zoo", table.substring(0, slash)), table.substring(slash + 1)));
        }
        Programs programs = (Programs) classes.loadClass("dev.faultline.mutants.ProgramSubject").getConstructor().newInstance();
        for (Path file : Group.recorded()) {
            all.addAll(programs.recorded(file));
        }
        all.addAll(programs.disturbed());
        measure(all);
    }

    /// Tests of the caller's choice.
    Mutants(MutatedClasses classes, List<Trial> trials) {
        this.classes = classes;
        measure(trials);
    }

    private void measure(List<Trial> all) {
        all.forEach(this::measure);
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
            Stream.of(classes.loadClass(name).getDeclaredMethods())
                    .sorted(Comparator.comparing(Method::getName)).flatMap(UnitTrial::of).forEach(found::add);
        }
        return found;
    }

    private void measure(Trial trial) {
        Switch.set(Switch.NONE, false, Long.MAX_VALUE);
        long start = Switch.cpuNanos();
        if (!trial.passes(() -> Switch.cpuNanos() - start > LONG_NANOS)) {
            throw new AssertionError(trial.name() + " fails without a mutant");
        }
        trials.add(new Measured(trial, Switch.cpuNanos() - start, Switch.reached()));
    }

    /// {@return the places at which something can be left out}
    List<Site> sites() {
        return classes.sites();
    }

    /// {@return those of a group}
    List<Site> sites(Group group) {
        return sites().stream().filter(group::has).toList();
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
        return noticedBy(site, likeliestFirst(site, SEVERAL), PATIENCE_NANOS);
    }

    /// {@return the test that notices if something is left out there, though there is a reason why none could: in a part of the
    /// time}
    Optional<String> noticedAgainstReason(Site site) {
        return noticedBy(site, likeliestFirst(site, SEVERAL), PATIENCE_NANOS / PART_FOR_EXCUSED);
    }

    /// {@return one of `most` tests that notices if something is left out there, rather one that has noticed something before}
    Optional<String> noticedByOneOf(Site site, int most, long patienceNanos) {
        return noticedBy(site, likeliestFirst(site, ALL).stream().limit(most).toList(), patienceNanos);
    }

    private Optional<String> noticedBy(Site site, Collection<Measured> tests, long patienceNanos) {
        boolean taken = Switch.isMostlyTaken(site.id());
        long end = Switch.cpuNanos() + patienceNanos;
        for (Measured measured : tests) {
            if (!passes(site, taken, measured)) {
                noticers.remove(measured);
                noticers.addFirst(measured);
                return Optional.of(measured.trial().name());
            }
            if (Switch.cpuNanos() > end) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    /// Does not try a test again.
    void drop(String name) {
        noticers.removeIf(measured -> measured.trial().name().equals(name));
        trials.removeIf(measured -> measured.trial().name().equals(name));
    }

    private Set<Measured> likeliestFirst(Site site, int several) {
        return Stream.concat(noticers.stream().limit(several), trials.stream())
                .filter(measured -> measured.reached().get(site.id())).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static boolean passes(Site site, boolean taken, Measured measured) {
        long end = Switch.cpuNanos() + Math.max(SHORTEST_NANOS, TIMES_LONGER * measured.nanos());
        Switch.set(site.id(), taken, end + HANG_NANOS);
        try {
            return measured.trial().passes(() -> Switch.cpuNanos() > end) || Switch.isLate();
        } catch (RuntimeException | Error noticed) { // what a mutant makes of the kernel may fail in any way
            return Switch.isLate();
        } finally {
            Switch.set(Switch.NONE, false, Long.MAX_VALUE);
        }
    }
}
