package dev.faultline.history;

import dev.faultline.kernel.lib.Parts;
import java.util.List;
import java.util.Optional;

/// A change to Linux: a commit, a series, or an idea that was never merged.
///
/// @param id        how commands and tests call it
/// @param title     its title upstream
/// @param release   the release that it entered; empty if it never did
/// @param date      when it was written or merged, as year and month at least
/// @param reference where it was discussed, or its commit
/// @param changes   the parts that it replaces
public record Patch(
        String id, String title, Optional<Release> release, String date, String reference, List<Change<?>> changes) {
    /// Copies the list.
    public Patch {
        changes = List.copyOf(changes);
    }

    /// {@return whether a kernel of that release has the change}
    public boolean isIn(Release kernel) {
        return release.isPresent() && release.get().compareTo(kernel) <= 0;
    }

    /// {@return the part that keeps the patch from being applied, as it is in another form than the one that
    /// the patch was made for}
    Optional<Change<?>> misfit(Parts parts) {
        return changes.stream().<Change<?>>map(change -> change).filter(change -> !change.fits(parts)).findFirst();
    }

    /// {@return the part that keeps the patch from being taken back, as it was changed again since}
    Optional<Change<?>> overtaken(Parts parts) {
        return changes.stream().<Change<?>>map(change -> change).filter(change -> !change.isIn(parts)).findFirst();
    }

    /// {@return the kernel with the patch}
    Parts apply(Parts parts) {
        Parts with = parts;
        for (Change<?> change : changes) {
            with = change.apply(with);
        }
        return with;
    }

    /// {@return the kernel without the patch}
    Parts revert(Parts parts) {
        Parts without = parts;
        for (Change<?> change : changes) {
            without = change.revert(without);
        }
        return without;
    }

    /// {@return whether the patch changes that part}
    boolean changes(Change<?> other) {
        return changes.stream().anyMatch(change -> change.part().equals(other.part()));
    }
}
