package dev.faultline.explore;

import dev.faultline.explore.strategy.Dpor;
import dev.faultline.explore.verdict.LockOrder;
import dev.faultline.machine.schedule.Outcome;
import dev.faultline.machine.schedule.Schedule;
import dev.faultline.machine.task.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// An exploration that was interrupted: what it came to so far, and the subtrees that are left, by schedule prefix. As
/// text it can be kept in a file and gone on with on another machine.
///
/// @param program    what was explored, in one line: going on with another program makes no sense
/// @param executions those that ran to an end of their own
/// @param blocked    those given up because others show the same
/// @param steps      of all of them together
/// @param isWithinBound whether none reached the step bound
/// @param outcomes   so far
/// @param violations so far
/// @param lockOrders so far
/// @param tree       what is left, as [Dpor#save] wrote it
public record Checkpoint(
        String program, long executions, long blocked, long steps, boolean isWithinBound,
        List<OutcomeCount> outcomes, List<Violation> violations, List<LockOrder> lockOrders, List<String> tree) {
    private static final String HEADER = "faultline-checkpoint 1";

    /// Copies the lists.
    public Checkpoint {
        outcomes = List.copyOf(outcomes);
        violations = List.copyOf(violations);
        lockOrders = List.copyOf(lockOrders);
        tree = List.copyOf(tree);
    }

    static Checkpoint of(String program, Tally tally, Dpor tree) {
        return new Checkpoint(program, tally.executions(), tally.blocked(), tally.steps(), tally.isWithinBound(),
                tally.outcomes(), tally.violations(), tally.lockOrders().all(), tree.save());
    }

    Tally tally() {
        Tally tally = new Tally();
        tally.addCounts(executions, blocked, steps, isWithinBound);
        outcomes.forEach(tally::add);
        violations.forEach(tally::add);
        lockOrders.forEach(tally.lockOrders()::add);
        return tally;
    }

    /// {@return the whole as text}
    public String text() {
        List<String> lines = new ArrayList<>(List.of(HEADER, "program " + program,
                "counts " + executions + " " + blocked + " " + steps + " " + isWithinBound));
        for (OutcomeCount seen : outcomes) {
            lines.add("outcome " + seen.executions() + " " + text(seen.witness()) + " " + seen.outcome().values().stream()
                    .map(String::valueOf).collect(Collectors.joining(",")));
        }
        for (Violation violation : violations) {
            lines.add("violation " + violation.kind().name() + " " + text(violation.schedule()) + " "
                    + violation.summary().replace("\\", "\\\\").replace("\n", "\\n"));
        }
        for (LockOrder order : lockOrders) {
            lines.add("lock-order " + text(order.schedule()) + " " + order.heldShared() + "," + order.wantedShared() + " "
                    + String.join("\t", order.task(), order.held(), order.wanted()));
        }
        lines.addAll(tree);
        lines.add("end");
        return String.join("\n", lines) + "\n";
    }

    /// {@return what [#text] wrote}
    ///
    /// @throws IllegalArgumentException if the text is something else, or was cut off
    public static Checkpoint parse(String text) {
        List<String> lines = text.lines().toList();
        if (lines.size() < 4 || !lines.getFirst().equals(HEADER) || !lines.getLast().equals("end")) {
            throw new IllegalArgumentException("this is no checkpoint that this version of Faultline wrote, or it is cut off");
        }
        try {
            return parse(lines.subList(1, lines.size() - 1));
        } catch (RuntimeException malformed) {
            throw new IllegalArgumentException("the checkpoint is damaged: " + malformed.getMessage(), malformed);
        }
    }

    private static Checkpoint parse(List<String> lines) {
        String[] counts = lines.get(1).split(" ");
        List<OutcomeCount> outcomes = new ArrayList<>();
        List<Violation> violations = new ArrayList<>();
        List<LockOrder> orders = new ArrayList<>();
        List<String> tree = new ArrayList<>();
        for (String line : lines.subList(2, lines.size())) {
            String[] words = line.split(" ", 4);
            switch (words[0]) {
                case "outcome" -> outcomes.add(new OutcomeCount(outcome(words[3]), Long.parseLong(words[1]),
                        schedule(words[2])));
                case "violation" -> violations.add(new Violation(Kind.valueOf(words[1]), summary(words[3]),
                        schedule(words[2])));
                case "lock-order" -> orders.add(lockOrder(words));
                default -> tree.add(line);
            }
        }
        Dpor.resume(tree);
        return new Checkpoint(lines.getFirst().substring("program ".length()), Long.parseLong(counts[1]),
                Long.parseLong(counts[2]), Long.parseLong(counts[3]), Boolean.parseBoolean(counts[4]),
                outcomes, violations, orders, tree);
    }

    private static LockOrder lockOrder(String[] words) {
        String[] shared = words[2].split(",");
        String[] names = words[3].split("\t");
        return new LockOrder(names[1], Boolean.parseBoolean(shared[0]), names[2], Boolean.parseBoolean(shared[1]),
                names[0], schedule(words[1]));
    }

    private static String text(Schedule schedule) {
        String text = schedule.toString();
        return text.isEmpty() ? "-" : text;
    }

    private static Schedule schedule(String text) {
        return Schedule.parse(text.equals("-") ? "" : text);
    }

    private static Outcome outcome(String values) {
        return values.isEmpty() ? Outcome.NONE
                : new Outcome(Arrays.stream(values.split(",")).map(Long::valueOf).toList());
    }

    private static String summary(String escaped) {
        StringBuilder summary = new StringBuilder();
        for (int i = 0; i < escaped.length(); i++) {
            char c = escaped.charAt(i);
            if (c == '\\' && i + 1 < escaped.length()) {
                i++;
                summary.append(escaped.charAt(i) == 'n' ? '\n' : escaped.charAt(i));
            } else {
                summary.append(c);
            }
        }
        return summary.toString();
    }
}
