package dev.faultline.explore;

import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Trace;

/// Tells Mazurkiewicz traces apart.
public final class Traces {
    private Traces() {}

    /// {@return a hash that is the same for two executions exactly if they are the same but for the order of
    /// independent steps}
    public static long signature(Machine machine) {
        Trace trace = machine.trace();
        long[] hashes = new long[trace.length()];
        long sum = machine.taskCount() + choicesAfter(trace, -1) * 0x9e3779b97f4a7c15L;
        for (int i = 0; i < trace.length(); i++) {
            long causes = 0;
            for (int k = 0; k < i; k++) {
                if (trace.task(k) == trace.task(i) || trace.areDependent(k, i)) {
                    causes += scrambled(hashes[k]);
                }
            }
            long chosen = choicesAfter(trace, i);
            long label = machine.task(trace.task(i)).name().hashCode() * 31L + trace.access(i) + 1009 * chosen;
            hashes[i] = scrambled(label * 0x9e3779b97f4a7c15L ^ scrambled(causes));
            sum += hashes[i] * 0xbf58476d1ce4e5b9L;
        }
        return sum;
    }

    private static long scrambled(long word) {
        long h = (word ^ word >>> 31) * 0x7fb5d329728ea185L;
        return (h ^ h >>> 27) * 0x81dadef4bc2dd44dL;
    }

    private static long choicesAfter(Trace trace, int step) {
        long chosen = 0;
        for (int c = 0; c < trace.choices(); c++) {
            if (trace.choiceStep(c) == step + 1) {
                chosen = chosen * 3 + 1 + trace.choiceValue(c);
            }
        }
        return chosen;
    }
}
