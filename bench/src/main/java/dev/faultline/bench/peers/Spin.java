package dev.faultline.bench.peers;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// SPIN with partial-order reduction: for deadlocks compiled with `-DSAFETY`, for tasks that go round with `-DNP` and
/// run with `-l -f`, which looks for weakly fair cycles without progress.
///
/// @param programs the folder with the Promela texts
/// @param folder   where it works
record Spin(Path programs, Path folder, Budget budget) implements Tool {
    private static final double COMPILE_SECONDS = 120;
    private static final Pattern STORED = Pattern.compile("(?m)^\\s*(\\d+) states, stored");
    private static final Pattern STEP = Pattern.compile("(?m)^\\s*(\\d+):\\s+proc\\s+(\\d+) .*\\[");
    private static final Pattern WHO_HOLDS_WHAT = Pattern.compile("held by|owned by|owner");

    /// One go: what it took, and what the search said.
    private record Go(Child generated, Child compiled, Child searched) {
        double seconds() {
            return generated.seconds() + compiled.seconds() + searched.seconds();
        }

        double cpuSeconds() {
            return generated.cpuSeconds() + compiled.cpuSeconds() + searched.cpuSeconds();
        }
    }

    @Override
    public String name() {
        return "SPIN";
    }

    @Override
    public Optional<String> missing() {
        for (String command : List.of("spin", "gcc")) {
            boolean there = Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                    .anyMatch(place -> Files.isExecutable(Path.of(place, command)));
            if (!there) {
                return Optional.of("there is no " + command);
            }
        }
        return Optional.empty();
    }

    @Override
    public Optional<Measured> measure(Row row) {
        List<Go> goes = budget.repeat(() -> go(row), Go::seconds);
        Go one = goes.getFirst();
        Verdict verdict = verdict(one.searched());
        double search = Median.of(goes.stream().map(go -> go.searched().seconds()).toList());
        double cold = Median.of(goes.stream().map(Go::seconds).toList());
        boolean capped = one.searched().timedOut();
        boolean found = verdict == Verdict.DEADLOCK || verdict == Verdict.LIVELOCK;
        double states = states(one.searched().output());
        Child replayed = found ? replay(row) : one.searched();
        return Optional.of(new Measured(verdict, capped ? "–" : (long) states + " states",
                capped ? Double.POSITIVE_INFINITY : cold, found ? cold : Double.NaN,
                capped ? Double.POSITIVE_INFINITY : search, states / search,
                Median.of(goes.stream().map(go -> go.searched().peakMegabytes()).toList()),
                Median.of(goes.stream().map(Go::cpuSeconds).toList()), Double.NaN,
                found ? trace(replayed.output()) : "–",
                !found || row.truth() != Verdict.DEADLOCK ? "–"
                        : WHO_HOLDS_WHAT.matcher(one.searched().output() + replayed.output()).find() ? "yes" : "no",
                !found ? "–" : replayed.output().contains("trail ends after") ? "yes" : "no"));
    }

    private Go go(Row row) {
        Path text = programs.resolve(row.program() + ".pml");
        Child generated = Child.run(folder, COMPILE_SECONDS, List.of("spin", "-a", size(row), text.toString()));
        Child compiled = Child.run(folder, COMPILE_SECONDS, row.isAboutLoops()
                ? List.of("gcc", "-O2", "-DNP", "-DMEMLIM=8192", "-o", "pan", "pan.c")
                : List.of("gcc", "-O2", "-DSAFETY", "-DNOFAIR", "-DMEMLIM=8192", "-o", "pan", "pan.c"));
        if (generated.status() != 0 || compiled.status() != 0) {
            throw new IllegalStateException(row + " for SPIN: " + generated.output() + compiled.output());
        }
        Child searched = Child.run(folder, budget.capSeconds(), row.isAboutLoops()
                ? List.of("./pan", "-l", "-f", "-m100000") : List.of("./pan", "-m100000"));
        return new Go(generated, compiled, searched);
    }

    private static String size(Row row) {
        return "-DN=" + row.size();
    }

    private static Verdict verdict(Child searched) {
        String said = searched.output();
        if (searched.timedOut()) {
            return Verdict.CAPPED;
        }
        if (said.contains("invalid end state (")) {
            return Verdict.DEADLOCK;
        }
        if (said.contains("non-progress cycle (")) {
            return Verdict.LIVELOCK;
        }
        if (said.contains("max search depth too small") || said.contains("out of memory")) {
            return Verdict.INCOMPLETE;
        }
        return said.contains("errors: 0") ? Verdict.HOLDS : Verdict.OTHER;
    }

    private static double states(String said) {
        Matcher stored = STORED.matcher(said);
        return stored.find() ? Double.parseDouble(stored.group(1)) : Double.NaN;
    }

    private Child replay(Row row) {
        String text = programs.resolve(row.program() + ".pml").toString();
        return Child.run(folder, budget.capSeconds(),
                List.of("spin", "-t", "-p", size(row), "-k", row.program() + ".pml.trail", text));
    }

    private static String trace(String replayed) {
        String lastStep = "";
        String lastTask = "";
        int steps = 0;
        int switches = 0;
        Matcher step = STEP.matcher(replayed);
        while (step.find()) {
            boolean another = !step.group(1).equals(lastStep); // what is atomic has one number
            steps += another ? 1 : 0;
            switches += another && !lastTask.isEmpty() && !step.group(2).equals(lastTask) ? 1 : 0;
            lastStep = step.group(1);
            lastTask = step.group(2);
        }
        return steps + " / " + switches;
    }

    @Override
    public Optional<String> smoke(Row row) {
        boolean large = row.program().equals("indexer") || row.program().equals("filesystem")
                || row.size() > 5 && !row.program().equals("abba-pad");
        if (large) {
            return Optional.empty();
        }
        Verdict verdict = verdict(go(row).searched());
        // It does not tell the environment from the program.
        Verdict expected = row.program().equals("evict") ? Verdict.LIVELOCK : row.truth();
        return verdict == expected ? Optional.empty() : Optional.of("the verdict is " + verdict.word());
    }
}
