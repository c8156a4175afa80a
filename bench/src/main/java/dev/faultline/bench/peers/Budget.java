package dev.faultline.bench.peers;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/// How often and for how long a cell is measured.
///
/// @param runs       at most that many, of which the median counts
/// @param capSeconds for all of them together; one that takes longer is ended
record Budget(int runs, double capSeconds) {
    /// {@return what came of each run}
    <T> List<T> repeat(Supplier<T> once, ToDoubleFunction<T> seconds) {
        List<T> all = new ArrayList<>();
        double spent = 0;
        double last = 0;
        while (all.isEmpty() || all.size() < runs && spent + last <= capSeconds) {
            T result = once.get();
            all.add(result);
            last = seconds.applyAsDouble(result);
            spent += last;
        }
        return all;
    }
}
