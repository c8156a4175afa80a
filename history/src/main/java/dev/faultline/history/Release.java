package dev.faultline.history;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A release of Linux, e.g. `v5.14`, `v5.17-rc8` or `v2.6.19`. Candidates come before their release.
///
/// @param candidate the number of the release candidate; [#FINAL] for the release itself
public record Release(int major, int minor, int patch, int candidate) implements Comparable<Release> {
    /// The candidate number of a release itself.
    public static final int FINAL = Integer.MAX_VALUE;

    /// The release that the model describes.
    public static final Release TODAY = new Release(6, 18, 0, FINAL);

    private static final Pattern FORM = Pattern.compile("v(\\d{1,2})\\.(\\d{1,2})(?:\\.(\\d{1,3}))?(?:-rc(\\d{1,2}))?");

    /// {@return the release with that name, if there was one}
    public static Optional<Release> parse(String name) {
        Matcher matcher = FORM.matcher(name.toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            return Optional.empty();
        }
        Release release = new Release(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)),
                matcher.group(3) == null ? 0 : Integer.parseInt(matcher.group(3)),
                matcher.group(4) == null ? FINAL : Integer.parseInt(matcher.group(4)));
        return release.existed() ? Optional.of(release) : Optional.empty();
    }

    /// {@return the release with that name}
    ///
    /// @throws IllegalArgumentException if there was none
    static Release of(String name) {
        return parse(name).orElseThrow(() -> new IllegalArgumentException("no release " + name));
    }

    private boolean existed() {
        int lastMinor = switch (major) {
            case 2 -> 6;
            case 3 -> 19;
            case 4 -> 20;
            case 5 -> 19;
            case 6 -> 18;
            default -> -1;
        };
        boolean numbered = major == 2 ? minor == 6 && patch <= 39 : minor <= lastMinor && patch == 0;
        return numbered && compareTo(TODAY) <= 0 && candidate > 0;
    }

    @Override
    public int compareTo(Release other) {
        int order = Integer.compare(major, other.major);
        order = order != 0 ? order : Integer.compare(minor, other.minor);
        order = order != 0 ? order : Integer.compare(patch, other.patch);
        return order != 0 ? order : Integer.compare(candidate, other.candidate);
    }

    @Override
    public String toString() {
        return "v" + major + "." + minor + (major == 2 ? "." + patch : "") + (candidate == FINAL ? "" : "-rc" + candidate);
    }
}
