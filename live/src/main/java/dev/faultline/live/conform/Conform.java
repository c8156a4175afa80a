package dev.faultline.live.conform;

import dev.faultline.live.host.HostUnavailable;
import dev.faultline.kernel.syscall.SystemCalls;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/// Random programs on both sides, one after the other.
public final class Conform {
    private final ModelSide model;
    private final HostSide host;
    private final List<Rule> rules;
    private final Generator generator;
    private final Coverage coverage = new Coverage();
    private final TreeMap<String, Difference> differences = new TreeMap<>();
    private final TreeMap<String, Long> found = new TreeMap<>();
    private final TreeMap<String, Long> explained = new TreeMap<>();
    private final Consumer<Recorded> agreed;
    private Optional<String> cutOff = Optional.empty();
    private long programs;
    private long compared;

    /// Programs on these two.
    public Conform(ModelSide model, HostSide host, List<Rule> rules) {
        this(model, host, rules, _ -> { });
    }

    /// Programs on these two.
    ///
    /// @param agreed is given each program that both sides answer the same without the help of a rule
    public Conform(ModelSide model, HostSide host, List<Rule> rules, Consumer<Recorded> agreed) {
        this.agreed = agreed;
        this.model = model;
        this.generator = new Generator(model.fileSystem());
        this.host = host;
        this.rules = List.copyOf(rules);
    }

    /// Runs `count` programs, those of the seeds from `seed` on, until `stop` says so.
    ///
    /// @param progress is told after each program how many there were
    /// @throws HostUnavailable if the host cannot go on
    public void run(long seed, long count, BooleanSupplier stop, LongConsumer progress) throws HostUnavailable {
        for (long i = 0; i < count && !stop.getAsBoolean(); i++) {
            long start = now();
            Optional<Difference> difference = compare(generator.program(seed + i), true, stop);
            if (difference.isPresent() && difference.get().isUnfinished() && now() - start < Limits.SUSPICIOUS_MILLIS) {
                cutOff = Optional.of("the program of seed " + (seed + i) + " was cut off after " + (now() - start) + " ms");
                return;
            }
            if (difference.isPresent()) {
                record(difference.get(), stop);
            }
            programs++;
            progress.accept(programs);
        }
    }

    private static long now() {
        return System.nanoTime() / 1_000_000;
    }

    private void record(Difference difference, BooleanSupplier stop) throws HostUnavailable {
        found.merge(difference.sort(), 1L, Long::sum);
        if (!differences.containsKey(difference.sort())) {
            differences.put(difference.sort(),
                    Minimiser.minimise(difference, program -> compare(program, false, stop), stop));
        }
    }

    private Optional<Difference> compare(Program program, boolean counts, BooleanSupplier stop) throws HostUnavailable {
        ModelSide.Running running = model.begin(program);
        HostSide.Result real = host.run(program, stop);
        ModelSide.Result ours = running.result(stop);
        Comparison comparison = Comparison.of(program, ours, real, rules);
        if (counts) {
            Recorded.agreed(program, ours, real).ifPresent(agreed);
            coverage.add(program, real.answers());
            compared += comparison.compared();
            comparison.explained().forEach(rule -> explained.merge(rule, 1L, Long::sum));
        }
        return comparison.difference();
    }

    /// {@return one difference of each sort, made small}
    public List<Difference> differences() {
        return new ArrayList<>(differences.values());
    }

    /// {@return how many programs showed a difference of that sort}
    public long occurrences(Difference difference) {
        return found.getOrDefault(difference.sort(), 0L);
    }

    /// {@return which program was not at its end when the time was over, if one was not}
    public Optional<String> cutOff() {
        return cutOff;
    }

    /// {@return how many differences each rule explained}
    public SortedMap<String, Long> explained() {
        return explained;
    }

    /// {@return the number of programs that were run}
    public long programs() {
        return programs;
    }

    /// {@return the number of calls of which both answers were held against each other}
    public long compared() {
        return compared;
    }

    /// {@return the calls of the model that no program has made}
    public List<String> neverMade() {
        boolean requests = coverage.byCall().keySet().stream().anyMatch(Call.REQUESTS::containsKey);
        return SystemCalls.names().stream().filter(name -> !coverage.byCall().containsKey(name))
                .filter(name -> !(requests && Call.OF_REQUESTS.contains(name))).toList();
    }

    /// {@return what was reached}
    public Coverage coverage() {
        return coverage;
    }
}
