package dev.faultline.litmus.setup;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.faultline.litmus.load.LitmusLoader;
import dev.faultline.litmus.types.Modelled;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What directives put on a machine.
class MachineTest {
    private static MachineSpec machine(String directives) throws Exception {
        return LitmusLoader.parse("t.litmus", "C t\n{ " + directives + " }\nP0() { }\n", Modelled.everything()).machine();
    }

    @Test
    void anEmptyDescriptionIsAPlainMachine() throws Exception {
        assertEquals(new MachineSpec(Architecture.X86_64, OptionalInt.empty(), OptionalInt.empty(), 0,
                        HugePages.NEVER, OptionalInt.empty(), List.of(), List.of(), 0, 0),
                machine(""));
    }

    @Test
    void numbersAreTakenAsGiven() throws Exception {
        MachineSpec machine = machine("memory 64; swap 0x10; cpus 3; thp madvise; fail alloc 1; fail io 2; adversary reclaim 4;"
                + " adversary migrate 1; arch arm64 mte;");
        assertEquals(OptionalInt.of(64), machine.memoryPages());
        assertEquals(16, machine.swapSlots());
        assertEquals(HugePages.MADVISE, machine.hugePages());
        assertEquals(OptionalInt.of(3), machine.cpus());
        assertEquals(1, machine.failingAllocations());
        assertEquals(2, machine.failingTransfers());
        assertEquals(List.of(new Adversary(Adversary.Kind.RECLAIM, 4), new Adversary(Adversary.Kind.MIGRATE, 1)),
                machine.adversaries());
        assertEquals(Architecture.ARM64_MTE, machine.architecture());
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "4096, 4096", "4K, 4096", "2M, 2097152", "0x1000, 4096", "0x1K, 1024"})
    void sizesMayHaveAUnit(String written, long bytes) throws Exception {
        var file = (SetupStep.RegularFile) machine("file /f " + written + ";").steps().getFirst();
        assertEquals(bytes, file.sizeBytes());
    }

    @Test
    void aFileIsFilledWithItsByteOrZeroOrIsAHole() throws Exception {
        List<SetupStep> steps = machine("file /a 1 'x'; file /b 1; file /c 1G hole; file /d 1 '\\xff';").steps();
        assertEquals(List.of(new SetupStep.Content.Filled('x'), new SetupStep.Content.Filled(0),
                        new SetupStep.Content.Hole(), new SetupStep.Content.Filled(255)),
                steps.stream().map(step -> ((SetupStep.RegularFile) step).content()).toList());
    }

    @Test
    void aMountKnowsItsOptions() throws Exception {
        List<SetupStep> steps = machine("mount tmpfs /t size=1M huge=always; mount xfs /x dax; mount gfs2 /g nodes=3;"
                + " mount unionfs /u lower=/x;").steps();
        assertEquals(List.of(
                        new MountOptions(false, Optional.empty(), OptionalLong.of(1 << 20), 1, HugeFiles.ALWAYS, false, 512),
                        new MountOptions(true, Optional.empty(), OptionalLong.empty(), 1, HugeFiles.NEVER, false, 512),
                        new MountOptions(false, Optional.empty(), OptionalLong.empty(), 3, HugeFiles.NEVER, false, 512),
                        new MountOptions(false, Optional.of("/x"), OptionalLong.empty(), 1, HugeFiles.NEVER, false, 512)),
                steps.stream().map(step -> ((SetupStep.Mount) step).options()).toList());
        assertEquals(3, machine("mount gfs2 /g nodes=3;").nodes());
    }

    @Test
    void everyFileSystemOfTheLanguageIsKnown() throws Exception {
        for (String type : Modelled.FILE_SYSTEMS) {
            String option = type.equals("unionfs") ? " lower=/" : "";
            var mount = (SetupStep.Mount) machine("mount " + type + " /mnt" + option + ";").steps().getFirst();
            assertEquals(type, mount.type().word());
        }
        assertEquals(FileSystemType.values().length, Modelled.FILE_SYSTEMS.size());
    }

    @Test
    void stepsKeepTheirOrder() throws Exception {
        List<SetupStep> steps = machine("mount ext4 /a/b; dir /a/b/d; file /a/b/d/f 10; symlink /a/b/l d/f;"
                + " device /dev/pfn pfnmap; loop /dev/loop0 /a/b/d/f; file /a/g 1;").steps();
        assertEquals(List.of("/a/b", "/a/b/d", "/a/b/d/f", "/a/b/l", "/dev/pfn", "/dev/loop0", "/a/g"),
                steps.stream().map(SetupStep::path).toList());
    }

    @Test
    void commentsStandBetweenDirectives() throws Exception {
        assertEquals(2, machine("mount gfs2 /mnt; // a comment; with } in it\n (* another *) /* one */ file /mnt/f 1;")
                .steps().size());
    }
}
