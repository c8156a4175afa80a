package dev.faultline.machine.task;

import java.util.Arrays;

/// The states in which this execution passed retry points, by key. The first visit counts: the way from there is
/// the one in which most tasks take part.
///
/// A hash table, as a loop that counts passes as many points as the step bound allows.
final class RetryLog {
    private int count;
    private long[] low = new long[32];
    private long[] high = new long[32];
    private int[] step = new int[32];
    private int[] choices = new int[32];
    // The number of a visit plus one; 0 is free. Never more than half full.
    private int[] table = new int[64];

    void clear() {
        if (count > 0) {
            Arrays.fill(table, 0);
            count = 0;
        }
    }

    /// Adds a visit, if it is the first one of that state.
    ///
    /// @return the number of the first visit of the state, -1 if it is this one
    int visit(StateKey key, int atStep, int atChoice) {
        if (count == low.length) {
            grow();
        }
        int slot = slot(key.low(), key.high());
        if (table[slot] != 0) {
            return table[slot] - 1;
        }
        low[count] = key.low();
        high[count] = key.high();
        step[count] = atStep;
        choices[count++] = atChoice;
        table[slot] = count;
        return -1;
    }

    private int slot(long lowKey, long highKey) {
        int slot = (int) (lowKey ^ lowKey >>> 32) & table.length - 1;
        while (table[slot] != 0 && (low[table[slot] - 1] != lowKey || high[table[slot] - 1] != highKey)) {
            slot = slot + 1 & table.length - 1;
        }
        return slot;
    }

    private void grow() {
        low = Arrays.copyOf(low, count * 2);
        high = Arrays.copyOf(high, count * 2);
        step = Arrays.copyOf(step, count * 2);
        choices = Arrays.copyOf(choices, count * 2);
        table = new int[count * 4];
        for (int visit = 0; visit < count; visit++) {
            table[slot(low[visit], high[visit])] = visit + 1;
        }
    }

    int step(int visit) {
        return step[visit];
    }

    int choices(int visit) {
        return choices[visit];
    }
}
