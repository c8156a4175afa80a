package dev.faultline.litmus.setup;

import java.util.List;
import java.util.OptionalInt;

/// The machine before `init`.
///
/// @param cpus the processors; one a thread where none are given
/// @param memoryPages the page frames; as many as the model likes where none are given
/// @param swapSlots the pages that fit in swap
/// @param hugePages where memory may be mapped by huge pages
/// @param hugetlbPages the huge pages that are set aside for programs that ask for them; empty where nothing is said
/// @param steps what is put on it, in the order of the file
/// @param failingAllocations how many allocations may fail in one execution
/// @param failingTransfers how many block transfers may fail in one execution
public record MachineSpec(
        Architecture architecture,
        OptionalInt cpus,
        OptionalInt memoryPages,
        int swapSlots,
        HugePages hugePages,
        OptionalInt hugetlbPages,
        List<SetupStep> steps,
        List<Adversary> adversaries,
        int failingAllocations,
        int failingTransfers) {

    /// {@return the same machine of another architecture}
    public MachineSpec on(Architecture other) {
        return new MachineSpec(other, cpus, memoryPages, swapSlots, hugePages, hugetlbPages, steps, adversaries, failingAllocations, failingTransfers);
    }

    /// {@return the machines of the largest cluster that a file system of this one spans; 1 if it stands alone}
    public int nodes() {
        return steps.stream()
                .map(step -> step instanceof SetupStep.Mount mount ? mount.options().nodes() : 1)
                .reduce(1, Math::max);
    }
}
