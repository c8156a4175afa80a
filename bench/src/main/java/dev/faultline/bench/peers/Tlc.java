package dev.faultline.bench.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// TLC with one worker, which searches breadth first and looks at temporal properties once, at the end; in a JVM with the
/// parallel collector, which it asks for.
///
/// @param java     the command that runs TLC, up to its options; empty if TLC is not there
/// @param programs the folder with the TLA+ texts
/// @param folder   where it works
record Tlc(List<String> java, Path programs, Path folder, Budget budget) implements Tool {
    /// The rows of the smoke test, one for each verdict and kind of fairness, with the states to be found.
    private static final Map<String, Long> SMOKE_STATES = Map.of("abba", 7L, "phil-ok 5", 1424L, "backoff", 28L, "evict", 3L,
            "generic", 100L);

    private static final Pattern FOUND =
            Pattern.compile("(?m)^\\d+ states generated, (\\d+) distinct states found, (\\d+) states left on queue");
    private static final Pattern POSITIONS = Pattern.compile("(?s)/\\\\ at = (.*?)\n(?=/\\\\|\n)");
    private static final Pattern POSITION = Pattern.compile("\\d+ :> (\\d+)");
    private static final Pattern BACK = Pattern.compile("(?m)^Back to state (\\d+)");
    private static final Pattern WHO_HOLDS_WHAT = Pattern.compile("held by|owned by|owner");

    @Override
    public String name() {
        return "TLC";
    }

    @Override
    public Optional<String> missing() {
        return java.isEmpty() ? Optional.of("there is no jar of it, neither from Maven nor where --tlc says") : Optional.empty();
    }

    @Override
    public Optional<Measured> measure(Row row) {
        List<Child> goes = budget.repeat(() -> child(row, configuration(row)), Child::seconds);
        Child one = goes.getFirst();
        Verdict verdict = verdict(one);
        boolean capped = verdict == Verdict.CAPPED;
        boolean found = verdict == Verdict.DEADLOCK || verdict == Verdict.LIVELOCK;
        double cold = Median.of(goes.stream().map(Child::seconds).toList());
        double states = states(one).map(Double::parseDouble).orElse(Double.NaN);
        return Optional.of(new Measured(verdict, capped ? "–" : states(one).orElse("?") + " states",
                capped ? Double.POSITIVE_INFINITY : cold, found ? cold : Double.NaN,
                capped ? Double.POSITIVE_INFINITY : Double.NaN, states / cold,
                Median.of(goes.stream().map(Child::peakMegabytes).toList()),
                Median.of(goes.stream().map(Child::cpuSeconds).toList()), Double.NaN, found ? trace(one.output()) : "–",
                !found || row.truth() != Verdict.DEADLOCK ? "–"
                        : WHO_HOLDS_WHAT.matcher(one.output()).find() ? "yes" : "no",
                found ? "trace spec" : "–"));
    }

    /// Runs it on a copy of its texts, as some versions of it write beside them.
    private Child child(Row row, String configuration) {
        Path place = folder.resolve("tlc");
        try {
            clear(place);
            try (Stream<Path> texts = Files.list(programs)) {
                for (Path text : texts.filter(file -> file.toString().endsWith(".tla")).toList()) {
                    Files.copy(text, place.resolve(text.getFileName()));
                }
            }
            Files.writeString(place.resolve(module(row) + ".cfg"), configuration);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        List<String> command = new ArrayList<>(java);
        command.addAll(List.of("-workers", "1", "-lncheck", "final", "-metadir", place.resolve("states").toString(),
                module(row) + ".tla"));
        return Child.run(place, budget.capSeconds(), command);
    }

    /// What a run that was ended leaves behind may be large.
    private static void clear(Path place) throws IOException {
        if (Files.exists(place)) {
            try (Stream<Path> old = Files.walk(place)) {
                for (Path file : old.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
        Files.createDirectories(place);
    }

    /// {@return the name of the row's module: a name in TLA+ has no hyphen}
    private static String module(Row row) {
        return row.program().replace('-', '_');
    }

    private String configuration(Row row) {
        try {
            return Files.readString(programs.resolve(module(row) + ".cfg")).replaceFirst("\\bN = \\d+", "N = " + row.size());
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static Verdict verdict(Child child) {
        String said = child.output();
        if (child.timedOut()) {
            return Verdict.CAPPED;
        }
        if (said.contains("Error: Deadlock reached.")) {
            return Verdict.DEADLOCK;
        }
        if (said.contains("Error: Temporal properties were violated.")) {
            return Verdict.LIVELOCK;
        }
        Matcher found = FOUND.matcher(said);
        if (!said.contains("No error has been found.") || !found.find()) {
            return Verdict.OTHER;
        }
        return found.group(2).equals("0") ? Verdict.HOLDS : Verdict.INCOMPLETE;
    }

    private static Optional<String> states(Child child) {
        return FOUND.matcher(child.output()).results().map(found -> found.group(1)).findFirst();
    }

    /// Each step moves one task, and the behaviour tells where each task is.
    private static String trace(String said) {
        List<List<String>> states = new ArrayList<>(POSITIONS.matcher(said).results().map(Tlc::positions).toList());
        BACK.matcher(said).results().findFirst().ifPresent(
                back -> states.add(states.get(Integer.parseInt(back.group(1)) - 1)));
        int switches = 0;
        int last = -1;
        for (int i = 1; i < states.size(); i++) {
            int task = moved(states.get(i - 1), states.get(i));
            switches += last >= 0 && task != last ? 1 : 0;
            last = task;
        }
        return states.size() - 1 + " / " + switches;
    }

    private static List<String> positions(MatchResult state) {
        return POSITION.matcher(state.group(1)).results().map(position -> position.group(1)).toList();
    }

    private static int moved(List<String> before, List<String> after) {
        int task = 0;
        while (before.get(task).equals(after.get(task))) {
            task++;
        }
        return task;
    }

    @Override
    public Optional<String> smoke(Row row) {
        Long expected = SMOKE_STATES.get(row.toString());
        if (expected == null) {
            return Optional.empty();
        }
        Child child = child(row, configuration(row).replaceFirst("\\bLimit = \\d+", "Limit = 100"));
        Verdict verdict = verdict(child);
        String states = states(child).orElse("no");
        return verdict == row.truth() && states.equals(expected.toString()) ? Optional.empty()
                : Optional.of("the verdict is " + verdict.word() + " with " + states + " states, not " + row.truth().word()
                        + " with " + expected + ": " + child.output());
    }
}
