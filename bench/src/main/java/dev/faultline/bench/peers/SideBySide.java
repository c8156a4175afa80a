package dev.faultline.bench.peers;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Runs the benchmark set with every tool that is there, and prints one table; or, with `--smoke`, the small sizes
/// once, with exact counts and without looking at time.
///
/// Options: `--smoke`; `--cap SECONDS` for each cell, 60 unless given; `--runs N` of which the median counts, 5 unless
/// given; `--only REGEX` of rows; `--tools REGEX`; `--write FILE`, in which the table between two marks is replaced;
/// `--tlc JAR`, another TLC than the one from Maven.
///
/// `bench/peers/run` says by system properties where things are: `peers.java`, `peers.classpath`, `peers.options`,
/// `peers.folder`, `peers.work` and, where they are there, `peers.lincheck` and `peers.tlc`.
public final class SideBySide {
    private static final String BEGIN = "<!-- begin: written by bench/peers/run -->";
    private static final String END = "<!-- end -->";

    private static final List<String> VALUED = List.of("--cap", "--runs", "--only", "--tools", "--write", "--tlc");

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final List<String> arguments;
    private final Budget budget;
    private final List<Row> rows;
    private final List<Tool> tools;

    private SideBySide(List<String> arguments) {
        this.arguments = arguments;
        this.budget = new Budget(Integer.parseInt(option("--runs", "5")), Double.parseDouble(option("--cap", "60")));
        Pattern only = Pattern.compile(option("--only", ""));
        Pattern wanted = Pattern.compile(option("--tools", ""));
        this.rows = Row.ALL.stream().filter(row -> only.matcher(row.toString()).find()).toList();
        this.tools = known().stream().filter(tool -> wanted.matcher(tool.name()).find()).filter(this::isThere).toList();
    }

    /// Prints the table. The exit status is 1 if the smoke test found something wrong.
    public static void main(String[] args) throws IOException {
        Optional<String> wrong = misused(List.of(args));
        if (wrong.isPresent()) {
            System.err.println(wrong.get());
            System.exit(2);
        }
        SideBySide sideBySide = new SideBySide(List.of(args));
        if (!List.of(args).contains("--smoke")) {
            sideBySide.compare();
        } else if (!sideBySide.isSmokeless()) {
            System.exit(1);
        }
    }

    private static Optional<String> misused(List<String> args) {
        for (int i = 0; i < args.size(); i++) {
            if (VALUED.contains(args.get(i)) && i + 1 < args.size()) {
                i++;
            } else if (!args.get(i).equals("--smoke")) {
                return Optional.of(args.get(i) + " is not understood; bench/README.md says what is: --smoke, and with a "
                        + "value " + String.join(", ", VALUED));
            }
        }
        return Optional.empty();
    }

    private String option(String name, String otherwise) {
        int at = arguments.indexOf(name);
        return at < 0 ? otherwise : arguments.get(at + 1);
    }

    private boolean isThere(Tool tool) {
        Optional<String> missing = tool.missing();
        missing.ifPresent(why -> out.println(tool.name() + " is left out: " + why));
        return missing.isEmpty();
    }

    private List<Tool> known() {
        Path work = Path.of(System.getProperty("peers.work"));
        String java = System.getProperty("peers.java");
        List<String> ours = new ArrayList<>(List.of(java));
        ours.addAll(List.of(System.getProperty("peers.options").split(" ")));
        ours.addAll(List.of("-cp", System.getProperty("peers.classpath")));
        String lincheck = System.getProperty("peers.lincheck", "");
        List<String> theirs = lincheck.isEmpty() ? List.of() : List.of(java, "-XX:+EnableDynamicAgentLoading",
                "--sun-misc-unsafe-memory-access=allow", "-cp", lincheck, "dev.faultline.bench.lincheck.LincheckOne");
        return List.of(new Faultline(ours, work, budget),
                new Spin(Path.of(System.getProperty("peers.folder"), "spin"), work, budget),
                new Lincheck(theirs, work, budget),
                new Tlc(tlc(java, work), Path.of(System.getProperty("peers.folder"), "tlc"), work, budget));
    }

    private List<String> tlc(String java, Path work) {
        String jar = option("--tlc", System.getProperty("peers.tlc", ""));
        return jar.isEmpty() || !Files.isReadable(Path.of(jar)) ? List.of()
                : List.of(java, "-XX:+UseParallelGC", "-Djava.io.tmpdir=" + work, "-cp", Path.of(jar).toAbsolutePath().toString(),
                        "tlc2.TLC");
    }

    private void compare() throws IOException {
        List<String> lines = new ArrayList<>(List.of("", Machine.described() + ". Median of at most " + budget.runs()
                + " runs, as many as fit in " + (int) budget.capSeconds() + " s a cell. Other work on the machine when it "
                + "began: load " + Machine.load() + ".", "", Table.HEAD));
        lines.forEach(out::println);
        Targets targets = new Targets();
        for (Row row : rows) {
            for (Tool tool : tools) {
                Optional<Measured> measured = tool.measure(row);
                measured.ifPresent(m -> targets.add(row, tool, m));
                lines.add(measured.map(m -> Table.line(row, tool, m)).orElseGet(() -> Table.inexpressible(row, tool)));
                out.println(lines.getLast());
            }
            write(lines, targets.lines()); // so far: what is there when somebody ends it is kept
        }
        targets.lines().forEach(out::println);
    }

    private void write(List<String> table, List<String> aims) throws IOException {
        String file = option("--write", "");
        if (!file.isEmpty()) {
            write(Path.of(file), String.join("\n", table) + "\n\nWhat was aimed at:\n\n" + String.join("\n", aims) + "\n");
        }
    }

    private static void write(Path file, String table) throws IOException {
        String text = Files.readString(file);
        int from = text.indexOf(BEGIN);
        int to = text.indexOf(END, from);
        if (from < 0 || to < 0) {
            throw new IllegalArgumentException(file + " has no place for the table: " + BEGIN + " … " + END);
        }
        Files.writeString(file, text.substring(0, from) + BEGIN + "\n" + table + "\n" + text.substring(to));
    }

    private boolean isSmokeless() {
        int wrong = 0;
        for (Row row : rows.stream().filter(Row::smoke).toList()) {
            for (Tool tool : tools) {
                Optional<String> fault = tool.smoke(row);
                fault.ifPresent(what -> out.println(row + ", " + tool.name() + ": " + what));
                wrong += fault.isPresent() ? 1 : 0;
            }
        }
        out.println(wrong == 0 ? "all verdicts and counts are right" : wrong + " wrong");
        return wrong == 0;
    }
}
