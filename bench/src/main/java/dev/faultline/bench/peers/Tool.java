package dev.faultline.bench.peers;

import java.util.Optional;

/// A tool of the comparison.
interface Tool {
    /// {@return its name in the table}
    String name();

    /// {@return why it cannot run here; empty if it can}
    Optional<String> missing();

    /// {@return what it makes of `row`; empty if it cannot express it}
    Optional<Measured> measure(Row row);

    /// Tries it quickly on a small row.
    ///
    /// @return what was wrong; empty if nothing was, or if it takes no part
    Optional<String> smoke(Row row);
}
