package dev.faultline.live.run;

import dev.faultline.live.host.HostUnavailable;
import dev.faultline.live.run.Histogram.Seen;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Reads what the C program prints.
final class HistogramReader {
    private static final String OUTCOME = " :>";

    private HistogramReader() {}

    static Histogram read(List<String> lines) throws HostUnavailable {
        long rounds = 0;
        long deadlocks = 0;
        List<Seen> seen = new ArrayList<>();
        List<String> remarks = new ArrayList<>();
        Optional<String> failure = Optional.empty();
        for (String line : lines) {
            int sign = line.indexOf(OUTCOME);
            if (line.startsWith("rounds ")) {
                rounds = Long.parseLong(line.substring("rounds ".length()));
            } else if (line.startsWith("#")) {
                remarks.add(line.substring(1).stripTrailing());
            } else if (line.startsWith("failed: ")) {
                failure = Optional.of(line.substring("failed: ".length()));
            } else if (sign > 0) {
                long count = Long.parseLong(line.substring(0, sign).strip());
                String values = line.substring(sign + OUTCOME.length()).strip();
                if (values.equals("deadlock")) {
                    deadlocks = count;
                } else {
                    seen.add(new Seen(values(values), count));
                }
            }
        }
        if (lines.isEmpty() || !lines.getLast().equals("end")) {
            throw new HostUnavailable(lines.isEmpty() ? "the test was ended before it had a result"
                    : "the test did not run: " + String.join("; ", lines));
        }
        return new Histogram(rounds, seen, deadlocks, remarks, failure);
    }

    /// {@return the numbers of `a=1; b=2;`}
    private static List<Long> values(String text) {
        List<Long> values = new ArrayList<>();
        for (String part : text.split(";")) {
            if (!part.isBlank()) {
                values.add(Long.parseLong(part.substring(part.lastIndexOf('=') + 1)));
            }
        }
        return values;
    }
}
