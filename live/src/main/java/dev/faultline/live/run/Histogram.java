package dev.faultline.live.run;

import java.util.List;
import java.util.Optional;

/// How the rounds of a test ended on this host.
///
/// @param seen      the distinct outcomes; none for rounds that did not end
/// @param deadlocks the rounds that did not end in time
/// @param remarks   what the program said of them: where their tasks waited
/// @param failure   what kept the test from running to its end, if something did
public record Histogram(long rounds, List<Seen> seen, long deadlocks, List<String> remarks, Optional<String> failure) {
    /// Copies the lists.
    public Histogram {
        seen = List.copyOf(seen);
        remarks = List.copyOf(remarks);
    }

    /// An outcome.
    ///
    /// @param values of the observables, in their order
    public record Seen(List<Long> values, long rounds) {
        /// Copies the list.
        public Seen {
            values = List.copyOf(values);
        }
    }
}
