package dev.faultline.live.conform;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Programs and what one Linux answered to them on one file system, as a file keeps them.
///
/// Its first line is `Linux RELEASE on FILESYSTEM`; the [Recorded] programs follow.
///
/// @param release    of that Linux
/// @param fileSystem the type of the one that the programs ran on
public record Recording(String release, String fileSystem, List<Recorded> programs) {
    private static final Pattern HEAD = Pattern.compile("Linux (\\S+) on (\\S+)");

    /// A list of its own.
    public Recording {
        programs = List.copyOf(programs);
    }

    /// {@return the lines of the file}
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("Linux " + release + " on " + fileSystem);
        programs.forEach(recorded -> lines.addAll(recorded.lines()));
        return lines;
    }

    /// {@return what lines like [#lines] tell}
    ///
    /// @throws IllegalArgumentException if they tell nothing of the kind; the message says where
    public static Recording parse(List<String> lines) {
        Matcher head = HEAD.matcher(lines.isEmpty() ? "" : lines.getFirst());
        if (!head.matches()) {
            throw new IllegalArgumentException("line 1 is not 'Linux RELEASE on FILESYSTEM'");
        }
        if (!ModelSide.fileSystems().contains(head.group(2))) {
            throw new IllegalArgumentException("line 1 names '" + head.group(2) + "'; programs can be compared on "
                    + String.join(", ", ModelSide.fileSystems()));
        }
        if (lines.size() > 1 && !lines.get(1).equals(Recorded.BEGIN)) {
            throw new IllegalArgumentException("line 2 is not '" + Recorded.BEGIN + "'");
        }
        return new Recording(head.group(1), head.group(2), programs(lines));
    }

    private static List<Recorded> programs(List<String> lines) {
        List<Recorded> programs = new ArrayList<>();
        for (int end = 1; end < lines.size();) {
            int start = end++;
            while (end < lines.size() && !lines.get(end).equals(Recorded.BEGIN)) {
                end++;
            }
            try {
                programs.add(Recorded.of(lines.subList(start, end)));
            } catch (IllegalArgumentException | IndexOutOfBoundsException malformed) {
                throw new IllegalArgumentException("lines " + (start + 1) + " to " + end + " are no recorded program: "
                        + malformed.getMessage(), malformed);
            }
        }
        return programs;
    }
}
