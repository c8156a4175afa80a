package dev.faultline.mutants;

import dev.faultline.live.host.HostUnavailable;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/// Chooses which random programs are worth recording: as few as notice all mutants that any of them notices.
///
/// The host runs them. One that it answers otherwise than the model does is passed over.
///
/// @param <T> what is recorded of a program
final class Choice<T> {
    private static final long CPU_NANOS_A_MUTANT = TimeUnit.SECONDS.toNanos(Integer.getInteger("mutants.seconds", 8));
    private static final int TRIED_FOR_A_MUTANT = 500;

    private final Mutants mutants;
    private final Map<String, Long> seeds;
    private final Host<T> host;
    private final TreeMap<Long, T> chosen = new TreeMap<>();

    /// Runs programs.
    ///
    /// @param <T> what is recorded of one
    interface Host<T> {
        /// {@return the program of that seed, if both sides agree on it}
        Optional<T> agreed(long seed) throws HostUnavailable;
    }

    /// @param mutants with the programs as tests, and those that are recorded already, which need not be noticed again
    /// @param seeds   of the programs, by the names of the tests
    Choice(Mutants mutants, Map<String, Long> seeds, Host<T> host) {
        this.mutants = mutants;
        this.seeds = seeds;
        this.host = host;
    }

    /// {@return the programs that notice some of these mutants, by their seeds}
    SortedMap<Long, T> among(List<Site> sites) throws HostUnavailable {
        int done = 0;
        for (Site site : sites) {
            tryOn(site);
            if (++done % 100 == 0) {
                System.err.printf(Locale.ROOT, "%d of %d, %d chosen%n", done, sites.size(), chosen.size());
            }
        }
        return chosen;
    }

    private void tryOn(Site site) throws HostUnavailable {
        while (true) {
            Optional<String> by = mutants.noticedByOneOf(site, TRIED_FOR_A_MUTANT, CPU_NANOS_A_MUTANT);
            Optional<Long> seed = by.flatMap(name -> Optional.ofNullable(seeds.get(name))).filter(found -> !chosen.containsKey(found));
            if (seed.isEmpty()) {
                return; // nothing notices it, or what is recorded does
            }
            Optional<T> agreed = host.agreed(seed.get());
            if (agreed.isPresent()) {
                chosen.put(seed.get(), agreed.get());
                return;
            }
            by.ifPresent(mutants::drop);
        }
    }
}
