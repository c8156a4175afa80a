package dev.faultline.live.conform;

import dev.faultline.explore.ExploreOptions;
import dev.faultline.explore.Violation;
import dev.faultline.explore.strategy.StrategyChoice;
import dev.faultline.litmus.load.LitmusLoader;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.run.Setup;
import dev.faultline.litmus.setup.FileSystemType;
import dev.faultline.litmus.syntax.MalformedLitmusException;
import dev.faultline.litmus.verdict.Check;
import dev.faultline.litmus.verdict.CheckOptions;
import dev.faultline.litmus.verdict.KernelChoice;
import dev.faultline.litmus.verdict.TestResult;
import dev.faultline.live.compare.Comparison;
import dev.faultline.live.compare.ComparisonText;
import dev.faultline.live.host.Ground;
import dev.faultline.live.host.Host;
import dev.faultline.live.host.HostUnavailable;
import dev.faultline.live.run.Histogram;
import dev.faultline.live.run.RunOptions;
import dev.faultline.live.run.Runner;
import dev.faultline.live.translate.Translator;
import dev.faultline.machine.schedule.SetUpFailed;
import dev.faultline.machine.task.Kind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/// Random programs of several threads: what the host shows in many rounds has to be among what the model allows.
public final class ThreadedConform {
    private static final Effort FIRST = new Effort(Duration.ofSeconds(3), 4000, Duration.ofSeconds(1));
    /// Where the model was not explored far enough, or an outcome is to be seen again.
    private static final Effort MORE = new Effort(Duration.ofSeconds(60), 60_000, Duration.ofSeconds(6));

    private final FileSystemType type;
    private final Optional<Path> folder;
    private final KernelChoice kernel;
    private final int threads;
    private final ThreadedGenerator generator;
    private final List<ThreadedDifference> differences = new ArrayList<>();
    private final TreeMap<String, Long> calls = new TreeMap<>();
    private long programs;
    private long rounds;
    private long observed;
    private long allowed;
    private long unexplored;

    /// How much is done for one program.
    ///
    /// @param explore how long the model is explored, at most
    /// @param rounds  on the host, at most
    /// @param time    of them, at most
    private record Effort(Duration explore, long rounds, Duration time) {}

    /// Programs of so many threads on a file system.
    ///
    /// @param folder an existing folder of that file system; nothing to have one found or made
    public ThreadedConform(FileSystemType type, Optional<Path> folder, KernelChoice kernel, int threads) {
        this.type = type;
        this.folder = folder;
        this.kernel = kernel;
        this.threads = threads;
        this.generator = new ThreadedGenerator(type.word());
    }

    /// Runs `count` programs, those of the seeds from `seed` on, until `stop` says so.
    ///
    /// @param progress is told after each program how many there were
    /// @throws HostUnavailable if the host cannot go on
    public void run(long seed, long count, BooleanSupplier stop, LongConsumer progress) throws HostUnavailable {
        for (long i = 0; i < count && !stop.getAsBoolean(); i++) {
            ThreadedProgram program = generator.program(seed + i, threads);
            ThreadedDifference result = compare(seed + i, program, FIRST, stop);
            if (result.comparison().verdict() == Comparison.Verdict.UNKNOWN && !stop.getAsBoolean()) {
                result = compare(seed + i, program, MORE, stop);
            }
            count(result);
            if (result.isDifferent()) {
                differences.add(minimised(result, stop));
            }
            progress.accept(programs);
        }
    }

    /// {@return both sides of the program of a seed}
    ///
    /// @throws HostUnavailable if the host cannot run it
    public ThreadedDifference compare(long seed) throws HostUnavailable {
        return compare(seed, generator.program(seed, threads), FIRST, () -> false);
    }

    private void count(ThreadedDifference result) {
        programs++;
        rounds += result.comparison().host().rounds();
        observed += result.comparison().rows().stream().filter(row -> row.observed() > 0).count();
        allowed += result.comparison().rows().stream().filter(Comparison.Row::isAllowed).count();
        unexplored += result.comparison().complete() ? 0 : 1;
        result.program().threads().forEach(actions ->
                actions.forEach(action -> calls.merge(action.name(), 1L, Long::sum)));
    }

    private ThreadedDifference compare(long seed, ThreadedProgram program, Effort effort, BooleanSupplier stop)
            throws HostUnavailable {
        String name = "conform-threads-" + seed;
        String text = program.text(name, type.word());
        try (Ground ground = ground()) {
            LitmusTest test = LitmusLoader.parse(name, text, Setup.modelled());
            TestResult model = explore(test, StrategyChoice.DPOR, effort, stop);
            Histogram host = Runner.run(Translator.translate(test), ground,
                    new RunOptions(effort.rounds(), effort.time(), seed, stop));
            String wrong = model.exploration().violations().stream()
                    .filter(violation -> violation.kind() != Kind.DEADLOCK && violation.kind() != Kind.LIVELOCK)
                    .map(Violation::summary).collect(Collectors.joining("; "));
            Comparison comparison = Comparison.of(model, host);
            if (comparison.verdict() == Comparison.Verdict.UNKNOWN) { // few preemptions show most of what there is
                comparison = comparison.with(
                        explore(test, new StrategyChoice.Preemptions(Integer.MAX_VALUE), effort, stop));
            }
            return new ThreadedDifference(seed, program, text, comparison,
                    ComparisonText.of(comparison, Host.kernel() + ", " + String.join(", ", ground.places()), true), wrong);
        } catch (MalformedLitmusException | SetUpFailed impossible) {
            throw new AssertionError("a program that is none: " + text, impossible);
        }
    }

    private TestResult explore(LitmusTest test, StrategyChoice strategy, Effort effort, BooleanSupplier stop)
            throws SetUpFailed {
        long end = now() + effort.explore().toMillis();
        return Check.run(test, kernel, new CheckOptions(strategy,
                ExploreOptions.DEFAULT.withMinimiseBudget(0).withStop(() -> stop.getAsBoolean() || now() > end)),
                ThreadedConform::now);
    }

    private static long now() {
        return System.nanoTime() / 1_000_000;
    }

    private Ground ground() throws HostUnavailable {
        Ground ground = new Ground();
        try {
            if (folder.isPresent()) {
                ground.link("mnt", type, folder.get());
            } else {
                Host.place(ground, "mnt", type);
            }
            return ground;
        } catch (HostUnavailable lacking) {
            ground.close();
            throw lacking;
        }
    }

    /// {@return the difference with as few calls as show one of its sort} What a host shows rarely may not be seen again:
    /// then the calls stay.
    private ThreadedDifference minimised(ThreadedDifference found, BooleanSupplier stop) throws HostUnavailable {
        ThreadedDifference best = found;
        for (int thread = threads - 1; thread >= 0; thread--) {
            for (int action = best.program().threads().get(thread).size() - 1; action >= 0; action--) {
                if (stop.getAsBoolean()) {
                    return best;
                }
                ThreadedDifference smaller = compare(best.seed(), best.program().without(thread, action), MORE, stop);
                if (smaller.isDifferent() && smaller.wrong().equals(best.wrong())) {
                    best = smaller;
                }
            }
        }
        return best;
    }

    /// {@return what differed, made small}
    public List<ThreadedDifference> differences() {
        return List.copyOf(differences);
    }

    /// {@return how many programs were run}
    public long programs() {
        return programs;
    }

    /// {@return how many rounds there were on the host}
    public long rounds() {
        return rounds;
    }

    /// {@return how many outcomes of a program the host showed, of all programs together}
    public long observed() {
        return observed;
    }

    /// {@return how many outcomes the model allows, of all programs together}
    public long allowed() {
        return allowed;
    }

    /// {@return how many programs the model was not explored to the end of}
    public long unexplored() {
        return unexplored;
    }

    /// {@return how often each call was made}
    public SortedMap<String, Long> calls() {
        return calls;
    }
}
