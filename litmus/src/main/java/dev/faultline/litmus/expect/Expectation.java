package dev.faultline.litmus.expect;

import dev.faultline.litmus.setup.Architecture;
import dev.faultline.litmus.syntax.Span;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// One `expect` line. Whether there is such a kernel and such a patch is for others to say.
///
/// @param kernel a release, e.g. `v5.14` or `v5.17-rc8`
/// @param patches what is applied or taken back, in the order written
/// @param architecture the one that the line speaks of; that of the file where it names none
public record Expectation(
        String kernel, List<PatchChange> patches, Optional<Architecture> architecture, ExpectedVerdict verdict,
        Span span) {

    /// A patch that is applied to the kernel or taken back from it.
    public record PatchChange(boolean applied, String id) {
        @Override
        public String toString() {
            return (applied ? "+ " : "- ") + id;
        }
    }

    /// {@return the line as the language writes it}
    @Override
    public String toString() {
        String changes = patches.stream().map(change -> " " + change).collect(Collectors.joining());
        return "expect " + kernel + changes + architecture.map(on -> " on " + on).orElse("") + ": " + verdict;
    }
}
