package dev.faultline.bench.peers;

import java.util.List;

/// The middle of what was measured.
final class Median {
    private Median() {}

    /// {@return the median of `values`; not a number if there are none, or if one of them is none}
    static double of(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.isEmpty() ? Double.NaN : sorted.get(sorted.size() / 2);
    }
}
