package dev.faultline.history;

import dev.faultline.kernel.lib.Parts;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// A change to Linux: a commit, a series, or an idea that was never merged.
///
/// @param id        how commands and tests call it
/// @param title     its title upstream
/// @param release   the release that it entered; empty if it never did
/// @param date      when it was written or merged, as year and month at least
/// @param reference where it was discussed, or its commit
/// @param before    puts the forms before the change in their places
/// @param with      puts the forms with the change in their places
public record Patch(
        String id, String title, Optional<Release> release, String date, String reference,
        UnaryOperator<Parts> before, UnaryOperator<Parts> with) {
    /// {@return whether a kernel of that release has the change}
    public boolean isIn(Release kernel) {
        return release.isPresent() && release.get().compareTo(kernel) <= 0;
    }
}
