package dev.faultline.mutants;

import dev.faultline.explore.ExploreOptions;
import dev.faultline.explore.strategy.StrategyChoice;
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
import java.util.function.BooleanSupplier;

/// What the kernel does with a page of its own accord changes nothing that a program can see: one of two threads, drawn at
/// random, may end in the same ways whether or not a page is reclaimed, migrated or written back, or a huge one made,
/// meanwhile.
public final class Transparent implements Trial {
    /// Of those that the build tries.
    public static final long FIRST_SEED = 30_000_000;

    private static final List<String> ADVERSARIES = List.of("reclaim", "migrate", "writeback", "khugepaged");

    private final String adversary;
    private final String text;
    private Optional<String> difference = Optional.empty();
    private boolean wasCompared;

    private Transparent(String adversary, String text) {
        this.adversary = adversary;
        this.text = text;
    }

    /// {@return the program of that seed; none if it gives pages up for whoever wants them, or is told that somebody else has
    /// them}
    public static Optional<Transparent> of(long seed) {
        String text = new ThreadedGenerator("tmpfs").program(seed, 2).text(Long.toString(seed), "tmpfs");
        String adversary = ADVERSARIES.get((int) (seed % ADVERSARIES.size()));
        boolean isTold = text.contains("MADV_FREE") || text.contains("= madvise(p, 0x200000, MADV_COLLAPSE)");
        boolean isIdle = adversary.equals("khugepaged") && !text.contains("thp madvise;");
        return isTold || isIdle ? Optional.empty() : Optional.of(new Transparent(adversary, text));
    }

    @Override
    public String name() {
        return adversary + " beside " + text.substring(0, text.indexOf('\n'));
    }

    /// {@return what the program may see with the one and not without, or the other way, and the program; nothing if
    /// that is the same}
    public Optional<String> difference() {
        return difference;
    }

    /// {@return whether both were explored to the end}
    public boolean wasCompared() {
        return wasCompared;
    }

    @Override
    public boolean passes(BooleanSupplier stop) {
        try {
            Optional<TreeSet<String>> alone = outcomes(text, stop);
            Optional<TreeSet<String>> disturbed = outcomes(text.replaceFirst("\\{\n", "{\n  adversary " + adversary + " 1;\n"), stop);
            wasCompared = alone.isPresent() && disturbed.isPresent();
            difference = !wasCompared || alone.equals(disturbed) ? Optional.empty()
                    : Optional.of("alone " + alone.orElseThrow() + "\nbeside " + adversary + " " + disturbed.orElseThrow() + "\n" + text);
            return difference.isEmpty();
        } catch (MalformedLitmusException impossible) {
            throw new AssertionError("a program that is none: " + text, impossible);
        } catch (SetUpFailed noticed) {
            return false;
        }
    }

    private static Optional<TreeSet<String>> outcomes(String text, BooleanSupplier stop) throws SetUpFailed, MalformedLitmusException {
        TestResult result = Check.run(LitmusLoader.parse("drawn", text, Setup.modelled()), new KernelChoice("v6.18", List.of()),
                new CheckOptions(StrategyChoice.DPOR, ExploreOptions.DEFAULT.withMinimiseBudget(0).withStop(stop)),
                System::currentTimeMillis);
        if (!result.exploration().complete() && result.kinds().isEmpty()) {
            return Optional.empty();
        }
        TreeSet<String> outcomes = new TreeSet<>(result.kinds().stream().map(Object::toString).toList());
        result.exploration().outcomes().forEach(seen -> outcomes.add(seen.outcome().values().toString()));
        return Optional.of(outcomes);
    }
}
