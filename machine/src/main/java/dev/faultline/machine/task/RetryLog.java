package dev.faultline.machine.task;

import java.util.Arrays;

/// The states in which this execution passed retry points, by key.
final class RetryLog {
    private int count;
    private long[] low = new long[32];
    private long[] high = new long[32];
    private int[] step = new int[32];
    private int[] choices = new int[32];

    void clear() {
        count = 0;
    }

    /// Adds a visit.
    ///
    /// @return the number of the last earlier visit of the same state, -1 for none
    int visit(long lowKey, long highKey, int atStep, int atChoice) {
        int earlier = count - 1;
        while (earlier >= 0 && (low[earlier] != lowKey || high[earlier] != highKey)) {
            earlier--;
        }
        if (count == low.length) {
            low = Arrays.copyOf(low, count * 2);
            high = Arrays.copyOf(high, count * 2);
            step = Arrays.copyOf(step, count * 2);
            choices = Arrays.copyOf(choices, count * 2);
        }
        low[count] = lowKey;
        high[count] = highKey;
        step[count] = atStep;
        choices[count++] = atChoice;
        return earlier;
    }

    int step(int visit) {
        return step[visit];
    }

    int choices(int visit) {
        return choices[visit];
    }
}
