package dev.faultline.history;

import dev.faultline.kernel.lib.Parts;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/// Kernels by name. A kernel of the past is today's with every newer patch taken back.
public final class Kernels {
    private Kernels() {}

    /// {@return the patches that are known, oldest first; those that were never merged last}
    public static List<Patch> patches() {
        return Patches.ALL;
    }

    /// {@return the releases between which something that is modelled changed, oldest first: each one that has a
    /// change, the one before it where that is known, and today's}
    public static List<Release> releases() {
        TreeSet<Release> releases = new TreeSet<>();
        releases.add(Release.TODAY);
        releases.add(Release.of("v2.6.19"));
        releases.add(Release.of("v5.14"));
        for (Patch patch : Patches.ALL) {
            patch.release().ifPresent(releases::add);
        }
        return new ArrayList<>(releases);
    }

    /// {@return the parts of the kernel of that release}
    ///
    /// @throws UnknownKernelException if there is none
    public static Parts at(String release) {
        return at(release(release));
    }

    /// {@return the release with that name}
    ///
    /// @throws UnknownKernelException if there is none
    public static Release release(String name) {
        return Release.parse(name).orElseThrow(() -> new UnknownKernelException("unknown kernel '" + name
                + "'; expected a release from v2.6.0 to " + Release.TODAY + ", such as v5.14 or v5.17-rc8"));
    }

    private static Parts at(Release release) {
        Parts parts = Parts.TODAY;
        List<Patch> newestFirst = Patches.ALL.reversed();
        for (Patch patch : newestFirst) {
            if (patch.release().isPresent() && !patch.isIn(release)) {
                if (patch.overtaken(parts).isPresent()) {
                    throw new AssertionError("the patches do not lead to today: " + patch.id());
                }
                parts = patch.revert(parts);
            }
        }
        return parts;
    }

    /// {@return the parts of the kernel of that release with patches applied, or taken back where their id
    /// has a `-` before it, in that order}
    ///
    /// @throws UnknownKernelException if the release or a patch is unknown, if a patch that is applied is there
    ///                                already, or one that is taken back is not, or if a part that a patch
    ///                                changes is in another form than the patch was made for
    public static Parts with(String releaseName, List<String> patchIds) {
        Release release = release(releaseName);
        Parts parts = at(release);
        List<Patch> there = new ArrayList<>(Patches.ALL.stream().filter(patch -> patch.isIn(release)).toList());
        for (String id : patchIds) {
            boolean revert = id.startsWith("-");
            Patch patch = patch(revert ? id.substring(1) : id);
            if (revert != there.contains(patch)) {
                throw new UnknownKernelException(revert
                        ? "patch '" + patch.id() + "' is not in " + release + ", so it cannot be taken back"
                        : "patch '" + patch.id() + "' is in " + release + " already");
            }
            if (revert) {
                checkCanRevert(patch, parts, there);
                there.remove(patch);
                parts = patch.revert(parts);
            } else {
                checkFits(patch, parts, release);
                there.add(patch);
                parts = patch.apply(parts);
            }
        }
        return parts;
    }

    private static void checkFits(Patch patch, Parts parts, Release release) {
        Optional<Change<?>> misfit = patch.misfit(parts);
        if (misfit.isPresent()) {
            String fitting = releases().reversed().stream().filter(other -> patch.misfit(at(other)).isEmpty())
                    .findFirst().map(other -> "; it fits " + other).orElse("");
            throw new UnknownKernelException("patch '" + patch.id() + "' does not fit this " + release + ": it changes "
                    + misfit.get().part().name() + ", which has another form here" + fitting);
        }
    }

    private static void checkCanRevert(Patch patch, Parts parts, List<Patch> there) {
        Optional<Change<?>> overtaken = patch.overtaken(parts);
        if (overtaken.isPresent()) {
            String later = there.stream().filter(other -> other != patch && other.changes(overtaken.get()))
                    .reduce((first, second) -> second).map(other -> "; take back '" + other.id() + "' first").orElse("");
            throw new UnknownKernelException("patch '" + patch.id() + "' cannot be taken back: "
                    + overtaken.get().part().name() + " was changed again after it" + later);
        }
    }

    /// {@return the patch with that id}
    ///
    /// @throws UnknownKernelException if there is none
    public static Patch patch(String id) {
        return Patches.ALL.stream().filter(patch -> patch.id().equals(id)).findFirst()
                .orElseThrow(() -> new UnknownKernelException("unknown patch '" + id + "'" + nearest(id)));
    }

    private static String nearest(String id) {
        Optional<Patch> near = Patches.ALL.stream()
                .filter(patch -> distance(id, patch.id()) <= Math.max(2, id.length() / 3))
                .min((a, b) -> Integer.compare(distance(id, a.id()), distance(id, b.id())));
        return near.map(patch -> "; did you mean '" + patch.id() + "'?").orElse("; 'faultline patches' lists them");
    }

    /// {@return the number of letters to insert, delete or replace to make one word of the other}
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
