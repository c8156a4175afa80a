package dev.faultline.report;

import dev.faultline.explore.OutcomeCount;
import dev.faultline.explore.Violation;
import dev.faultline.explore.verdict.Inversion;
import dev.faultline.explore.verdict.LockOrder;
import dev.faultline.litmus.run.LitmusProgram;
import dev.faultline.litmus.verdict.TestResult;
import dev.faultline.machine.schedule.Schedule;
import dev.faultline.machine.task.Finding;
import java.util.Arrays;
import java.util.List;

/// A result as text: the verdict, and for each violation the execution that shows it, one column a task.
public final class TextReport {
    private static final int FOLD_FROM = 40;
    private static final int COLUMN = 46;

    private TextReport() {}

    /// {@return the verdict in a few lines, without counter-examples}
    public static String verdict(TestResult result) {
        StringBuilder text = new StringBuilder();
        text.append(result.test().name()).append(" on ").append(result.kernel()).append(": ").append(result.verdict())
                .append('\n');
        text.append("  ").append(count(result.exploration().executions(), "execution"));
        if (result.exploration().blocked() > 0) {
            text.append(", ").append(result.exploration().blocked()).append(" given up as repetitions");
        }
        text.append(", ").append(count(result.exploration().steps(), "step"));
        text.append(result.exploration().complete() ? "; every interleaving is covered" : "; not every interleaving is covered");
        text.append(" (memory: sequentially consistent)\n");
        result.claim().ifPresent(claim -> text.append("  ").append(claim).append('\n'));
        result.condition().ifPresent(condition -> text.append("  ")
                .append(result.test().condition().orElseThrow().text()).append(": ")
                .append(condition.satisfied() ? "as asked" : "not as asked").append(", ")
                .append(count(condition.witnesses(), "execution")).append(" for, ")
                .append(condition.counterExamples()).append(" against\n"));
        result.outcomes().all().forEach(outcome -> text.append("  ").append(outcome.executions()).append(" × ")
                .append(result.outcomes().print(outcome)).append('\n'));
        return text.toString();
    }

    private static String count(long number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }

    /// {@return the counter-examples of a result, one after another; empty if it has none}
    public static String counterExamples(TestResult result) {
        StringBuilder text = new StringBuilder();
        LitmusProgram program = new LitmusProgram(result.test(), result.kernel().parts());
        for (Violation violation : result.exploration().violations()) {
            text.append('\n').append(violation.kind().word()).append(": ").append(violation.summary()).append('\n');
            text.append(execution(result, program, violation.schedule(), true));
        }
        if (result.kinds().isEmpty()) {
            result.conditionSample().map(OutcomeCount::witness).ifPresent(schedule -> {
                text.append("\ncondition: an execution that breaks it\n");
                text.append(execution(result, program, schedule, true));
            });
        }
        return text.toString();
    }

    /// {@return what lockdep would warn of: each inversion, with the way to each of its orders; empty if there is none}
    public static String warnings(TestResult result) {
        StringBuilder text = new StringBuilder();
        LitmusProgram program = new LitmusProgram(result.test(), result.kernel().parts());
        for (Inversion inversion : result.exploration().inversions()) {
            text.append("\nwarning: lockdep: ").append(inversion.summary()).append('\n');
            for (LockOrder order : inversion.orders()) {
                LockPath path = LockPath.of(program, order, result.options().explore().stepBound());
                text.append("  ").append(path.task()).append(" takes ").append(lock(path.wanted(), order.wantedShared()))
                        .append(chain("\n      in ", path.wantedChain())).append('\n');
                text.append("    while it holds ").append(lock(path.held(), order.heldShared()))
                        .append(chain("\n      taken in ", path.heldChain())).append('\n');
                text.append("    ").append(replay(result, order.schedule()));
            }
        }
        return text.toString();
    }

    private static String lock(String label, boolean shared) {
        return shared ? label + " (read)" : label;
    }

    private static String execution(TestResult result, LitmusProgram program, Schedule schedule, boolean folded) {
        Recording recording = Recording.of(program, schedule, result.options().explore().stepBound());
        return recording(recording, folded) + replay(result, schedule);
    }

    private static String replay(TestResult result, Schedule schedule) {
        return "replay: faultline replay " + result.test().source().name() + " --kernel " + result.kernel().release()
                + patchOptions(result) + " --schedule " + schedule + "\n";
    }

    private static String patchOptions(TestResult result) {
        StringBuilder text = new StringBuilder();
        result.kernel().patches().forEach(patch -> text.append(" --patch ").append(patch));
        return text.toString();
    }

    /// {@return an execution: one column a task, time downwards, then who holds and waits for what}
    ///
    /// @param folded whether a long run of one task's steps is cut in the middle
    public static String recording(Recording recording, boolean folded) {
        StringBuilder text = new StringBuilder();
        header(recording, text);
        String[] shown = new String[recording.tasks().size()];
        Arrays.fill(shown, "");
        for (int i = 0; i < recording.steps().size(); i++) {
            if (i == recording.cycleFrom()) {
                text.append("  ---- from here on, for ever:\n");
            }
            int left = folded ? foldable(recording, i) : 0;
            if (left > 0) {
                line(text, recording.steps().get(i).task(), "    … " + left + " more steps");
                i += left - 1;
            } else {
                step(recording.steps().get(i), shown, text);
            }
        }
        end(recording, text);
        return text.toString();
    }

    private static void header(Recording recording, StringBuilder text) {
        StringBuilder names = new StringBuilder("  ");
        for (String task : recording.tasks()) {
            names.append(pad(task));
        }
        text.append(names.toString().stripTrailing()).append('\n');
    }

    /// {@return how many steps from `i` on to leave out: the middle of a long run of one task}
    private static int foldable(Recording recording, int i) {
        int start = i;
        int task = recording.steps().get(i).task();
        while (start > 0 && recording.steps().get(start - 1).task() == task && start != recording.cycleFrom()) {
            start--;
        }
        int end = i;
        while (end < recording.steps().size() && recording.steps().get(end).task() == task
                && (end == i || end != recording.cycleFrom())) {
            end++;
        }
        int keep = FOLD_FROM / 4;
        return end - start > FOLD_FROM && i - start == keep ? end - start - FOLD_FROM / 2 - keep : 0;
    }

    private static void step(Recording.Step step, String[] shown, StringBuilder text) {
        String function = step.chain().isEmpty() ? "user mode" : String.join(" > ", shortened(step.chain()));
        if (!function.equals(shown[step.task()])) {
            line(text, step.task(), function);
            shown[step.task()] = function;
        }
        line(text, step.task(), "    " + step.access() + " " + String.join(", ", step.objects()));
        step.notes().forEach(note -> line(text, step.task(), "    (" + note + ")"));
    }

    /// {@return the innermost functions of a chain: the outer ones stand further up}
    private static List<String> shortened(List<String> chain) {
        return chain.subList(Math.max(0, chain.size() - 2), chain.size());
    }

    private static void line(StringBuilder text, int task, String what) {
        text.append("  ").append(" ".repeat(task * COLUMN)).append(what).append('\n');
    }

    private static String pad(String text) {
        return text.length() >= COLUMN ? text + " " : text + " ".repeat(COLUMN - text.length());
    }

    private static void end(Recording recording, StringBuilder text) {
        for (Recording.Holding holding : recording.held()) {
            text.append("  ").append(recording.tasks().get(holding.task())).append(" holds ").append(holding.lock())
                    .append(holding.shared() ? " (read)" : "").append(chain(", taken in ", holding.chain())).append('\n');
        }
        for (Recording.Waiting waiting : recording.waits()) {
            text.append("  ").append(waiting.words()).append(chain("\n      in ", waiting.chain())).append('\n');
        }
        for (Finding finding : recording.findings()) {
            text.append("  => ").append(finding.kind().word()).append(": ").append(finding.summary()).append('\n');
        }
        recording.drift().ifPresent(drift -> text.append("  ").append(drift).append('\n'));
    }

    private static String chain(String before, List<String> chain) {
        return chain.isEmpty() ? "" : before + String.join(" > ", chain);
    }
}
