package dev.faultline.litmus.run;

import dev.faultline.kernel.arch.Architecture;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.mm.HugetlbPages;
import dev.faultline.kernel.mm.Thp;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.syscall.Kernel;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.setup.MachineSpec;
import dev.faultline.litmus.setup.SetupStep;
import dev.faultline.litmus.types.Feature;
import dev.faultline.litmus.types.Modelled;
import dev.faultline.machine.task.Machine;
import java.util.EnumSet;
import java.util.Optional;

/// Builds the machines that a test describes, and says what can be built.
public final class Setup {
    private Setup() {}

    /// {@return what of the language the model has; a test that uses more is refused when it is loaded}
    public static Modelled modelled() {
        return Modelled.of(CallCompiler.names(), FileSystems.names(), features());
    }

    private static EnumSet<Feature> features() {
        return EnumSet.of(Feature.NODES, Feature.SECTOR, Feature.SIZE, Feature.HUGE, Feature.NODATASUM, Feature.HOLE, Feature.DEVICE_PFNMAP,
                Feature.DEVICE_IO, Feature.CPUS, Feature.SWAP, Feature.THP, Feature.HUGETLB, Feature.MEMORY, Feature.RECLAIM, Feature.WRITEBACK, Feature.MIGRATE, Feature.KHUGEPAGED, Feature.PROCESS, Feature.NODE,
                Feature.CPU, Feature.ARM64, Feature.ARM64_MTE, Feature.SPARC64_ADI);
    }

    static Kernel boot(LitmusTest test, Parts parts, Machine machine) {
        Kernel kernel = new Kernel(machine, on(test.machine().architecture(), with(test.machine(), parts)), test.machine().nodes());
        kernel.swapOn(test.machine().swapSlots());
        for (SetupStep step : test.machine().steps()) {
            switch (step) {
                case SetupStep.Mount mount -> kernel.mount(mount.path(), FileSystems.mount(mount, kernel));
                case SetupStep.RegularFile file -> format(kernel, file);
                case SetupStep.Device device -> kernel.device(device.path(), areaFlag(device));
                case SetupStep.Directory _, SetupStep.Symlink _, SetupStep.Loop _ ->
                    throw new IllegalArgumentException("not refused when it was loaded: " + step);
            }
        }
        return kernel;
    }

    private static Parts on(dev.faultline.litmus.setup.Architecture architecture, Parts parts) {
        return switch (architecture) {
            case X86_64 -> parts;
            case ARM64 -> parts.with(Architecture.PART, Architecture.ARM64);
            case ARM64_MTE -> parts.with(Architecture.PART, Architecture.ARM64_MTE);
            case SPARC64_ADI -> parts.with(Architecture.PART, Architecture.SPARC64_ADI);
            case MORELLO -> throw new IllegalArgumentException("not refused when it was loaded: " + architecture);
        };
    }

    private static Parts with(MachineSpec machine, Parts parts) {
        Parts pool = machine.hugetlbPages().isEmpty() ? parts
                : parts.with(HugetlbPages.PART, new HugetlbPages(machine.hugetlbPages().getAsInt()));
        return switch (machine.hugePages()) {
            case NEVER -> pool;
            case MADVISE -> pool.with(Thp.PART, Thp.MADVISE);
            case ALWAYS -> pool.with(Thp.PART, Thp.ALWAYS);
        };
    }

    private static void format(Kernel kernel, SetupStep.RegularFile file) {
        Optional<Byte> fill = switch (file.content()) {
            case SetupStep.Content.Filled(int value) -> Optional.of((byte) value);
            case SetupStep.Content.Hole _ -> Optional.empty();
        };
        if (!kernel.format(file.path(), file.sizeBytes(), fill)) {
            throw new IllegalArgumentException("not refused when it was loaded: " + file);
        }
    }

    private static VmFlag areaFlag(SetupStep.Device device) {
        return switch (device.type()) {
            case PFNMAP -> VmFlag.PFNMAP;
            case IO -> VmFlag.IO;
            case SPECIAL, RDMA, DMA -> throw new IllegalArgumentException("not refused when it was loaded: " + device);
        };
    }
}
