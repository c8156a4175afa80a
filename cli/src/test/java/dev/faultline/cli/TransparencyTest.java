package dev.faultline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.explore.ExploreOptions;
import dev.faultline.explore.strategy.StrategyChoice;
import dev.faultline.history.UnknownKernelException;
import dev.faultline.litmus.load.LitmusLoader;
import dev.faultline.litmus.run.Setup;
import dev.faultline.litmus.syntax.MalformedLitmusException;
import dev.faultline.litmus.verdict.Check;
import dev.faultline.litmus.verdict.CheckOptions;
import dev.faultline.litmus.verdict.KernelChoice;
import dev.faultline.litmus.verdict.TestResult;
import dev.faultline.live.conform.ThreadedGenerator;
import dev.faultline.machine.schedule.SetUpFailed;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// What the kernel does with memory of its own accord changes nothing that a program can see: random programs of two
/// threads may end in the same ways whether or not pages are reclaimed, migrated, written back or joined meanwhile.
class TransparencyTest {
    private static final List<String> ADVERSARIES = List.of("reclaim", "migrate", "writeback", "khugepaged");
    private static final long FIRST_SEED = 30_000_000;
    private static final int PROGRAMS = Integer.getInteger("faultline.transparency", 60);
    private static final long LONG_MILLIS = 500;

    @Test
    void nobodyNoticesWhatTheKernelDoesWithPages() throws UnknownKernelException, SetUpFailed, MalformedLitmusException {
        int compared = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + PROGRAMS; seed++) {
            String text = new ThreadedGenerator("tmpfs").program(seed, 2).text(Long.toString(seed), "tmpfs");
            String adversary = ADVERSARIES.get((int) (seed % ADVERSARIES.size()));
            if (isToldOfPages(text) || adversary.equals("khugepaged") && !text.contains("thp madvise;")) {
                continue;
            }
            Optional<TreeSet<String>> alone = outcomes(text);
            Optional<TreeSet<String>> disturbed = outcomes(text.replaceFirst("\\{\n", "{\n  adversary " + adversary + " 1;\n"));
            if (alone.isPresent() && disturbed.isPresent()) {
                assertEquals(alone, disturbed, adversary + " in\n" + text);
                compared++;
            }
        }
        assertTrue(compared >= PROGRAMS / 4, "only " + compared + " were explored to the end");
    }

    /// {@return whether the program gives pages up for whoever wants them, or is told that somebody else has them}
    private static boolean isToldOfPages(String text) {
        return text.contains("MADV_FREE") || text.contains("= madvise(p, 0x200000, MADV_COLLAPSE)");
    }

    private static Optional<TreeSet<String>> outcomes(String text) throws UnknownKernelException, SetUpFailed, MalformedLitmusException {
        long end = Budget.now() + LONG_MILLIS;
        TestResult result = Check.run(LitmusLoader.parse("drawn", text, Setup.modelled()), new KernelChoice("v6.18", List.of()),
                new CheckOptions(StrategyChoice.DPOR, ExploreOptions.DEFAULT.withMinimiseBudget(0).withStop(() -> Budget.now() > end)),
                Budget::now);
        if (!result.exploration().complete() && result.kinds().isEmpty()) {
            return Optional.empty();
        }
        TreeSet<String> outcomes = new TreeSet<>(result.kinds().stream().map(Object::toString).toList());
        result.exploration().outcomes().forEach(seen -> outcomes.add(seen.outcome().values().toString()));
        return Optional.of(outcomes);
    }
}
