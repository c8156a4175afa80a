package dev.faultline.litmus.verdict;

import dev.faultline.history.Kernels;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.litmus.expect.Expectation;
import java.util.List;

/// A kernel by name: a release, and patches to apply to it, or with a `-` before them to take back.
public record KernelChoice(String release, List<String> patches) {
    /// Checks the names.
    ///
    /// @throws dev.faultline.history.UnknownKernelException if there is no such kernel or patch
    public KernelChoice {
        patches = List.copyOf(patches);
        release = Kernels.release(release).toString();
        Kernels.with(release, patches);
    }

    /// {@return the kernel that an `expect` line names}
    ///
    /// @throws dev.faultline.history.UnknownKernelException if there is no such kernel or patch
    public static KernelChoice of(Expectation expectation) {
        return new KernelChoice(expectation.kernel(), expectation.patches().stream()
                .map(change -> change.applied() ? change.id() : "-" + change.id()).toList());
    }

    /// {@return its parts}
    public Parts parts() {
        return Kernels.with(release, patches);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(release);
        for (String patch : patches) {
            text.append(patch.startsWith("-") ? " - " + patch.substring(1) : " + " + patch);
        }
        return text.toString();
    }
}
