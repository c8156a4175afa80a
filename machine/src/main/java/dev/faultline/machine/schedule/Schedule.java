package dev.faultline.machine.schedule;

import dev.faultline.machine.task.Trace;
import java.util.Arrays;

/// The decisions that make an execution what it is: which task takes each step, and what the environment
/// chose. Following it again gives the same execution.
///
/// Printed as runs separated by dots: `0*12` is twelve steps of task 0, `1` one step of task 1, `c2` the
/// environment's choice of alternative 2.
public final class Schedule {
    // A task's number, or -1 - value for a choice.
    private final int[] decisions;

    private Schedule(int[] decisions) {
        this.decisions = decisions;
    }

    /// {@return the schedule of the steps of `trace`}
    public static Schedule of(Trace trace) {
        int[] decisions = new int[trace.length() + trace.choices()];
        int n = 0;
        int choice = 0;
        for (int step = 0; step <= trace.length(); step++) {
            while (choice < trace.choices() && trace.choiceStep(choice) == step) {
                decisions[n++] = -1 - trace.choiceValue(choice++);
            }
            if (step < trace.length()) {
                decisions[n++] = trace.task(step);
            }
        }
        return new Schedule(Arrays.copyOf(decisions, n));
    }

    /// {@return the schedule that `text` is the printed form of}
    ///
    /// @throws IllegalArgumentException naming the place that is not one
    public static Schedule parse(String text) {
        int[] decisions = new int[16];
        int n = 0;
        for (String run : text.isEmpty() ? new String[0] : text.strip().split("\\.", -1)) {
            int star = run.indexOf('*');
            int times = star < 0 ? 1 : number(run.substring(star + 1), run, 1_000_000);
            String what = star < 0 ? run : run.substring(0, star);
            int decision = what.startsWith("c") ? -1 - number(what.substring(1), run, 1_000_000) : number(what, run, 63);
            if (n + times > decisions.length) {
                decisions = Arrays.copyOf(decisions, Math.max(n + times, n * 2));
            }
            Arrays.fill(decisions, n, n + times, decision);
            n += times;
        }
        return new Schedule(Arrays.copyOf(decisions, n));
    }

    private static int number(String digits, String run, int most) {
        if (digits.isEmpty() || digits.length() > 7 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')
                || Integer.parseInt(digits) > most) {
            throw new IllegalArgumentException("'" + run + "' is not part of a schedule; expected runs such as "
                    + "0*12 (twelve steps of task 0), 1 (one step of task 1) or c2 (the environment's choice 2), "
                    + "separated by dots");
        }
        return Integer.parseInt(digits);
    }

    /// {@return the number of decisions}
    public int length() {
        return decisions.length;
    }

    /// {@return whether decision `i` is a choice of the environment}
    public boolean isChoice(int i) {
        return decisions[i] < 0;
    }

    /// {@return the task, or the alternative, of decision `i`}
    public int value(int i) {
        return decisions[i] < 0 ? -1 - decisions[i] : decisions[i];
    }

    /// {@return the number of steps}
    public int steps() {
        return (int) Arrays.stream(decisions).filter(d -> d >= 0).count();
    }

    /// {@return how often a step is taken by another task than the step before it}
    public int switches() {
        int switches = 0;
        int last = -1;
        for (int decision : decisions) {
            if (decision >= 0) {
                switches += last >= 0 && decision != last ? 1 : 0;
                last = decision;
            }
        }
        return switches;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Schedule that && Arrays.equals(decisions, that.decisions);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(decisions);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < decisions.length; ) {
            int end = i + 1;
            while (end < decisions.length && decisions[end] == decisions[i]) {
                end++;
            }
            text.append(i == 0 ? "" : ".").append(isChoice(i) ? "c" : "").append(value(i));
            text.append(end - i == 1 ? "" : "*" + (end - i));
            i = end;
        }
        return text.toString();
    }
}
