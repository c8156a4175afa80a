package dev.faultline.cli;

import dev.faultline.history.Release;
import dev.faultline.litmus.verdict.KernelChoice;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/// The options that choose a kernel.
final class KernelOptions {
    @Option(names = "--kernel", paramLabel = "V", description = "A release, e.g. v5.14. Default: v6.18.")
    private String release = Release.TODAY.toString();

    @Option(names = "--patch", paramLabel = "ID",
            description = "A patch to apply; -ID takes one back. May be given several times.")
    private List<String> patches = new ArrayList<>();

    /// {@return the kernel}
    ///
    /// @throws dev.faultline.history.UnknownKernelException if there is no such kernel or patch
    KernelChoice choice() {
        return new KernelChoice(release, patches);
    }
}
