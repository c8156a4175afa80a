package dev.faultline.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.history.gfs2.Gfs2IoPostedV5;
import dev.faultline.history.gfs2.Gfs2IoV514;
import dev.faultline.history.gfs2.Gfs2IoV516;
import dev.faultline.history.gfs2.Gfs2IoV518;
import dev.faultline.kernel.fs.gfs2.Gfs2Io;
import dev.faultline.kernel.iov.PagePinning;
import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.mm.FolioHold;
import dev.faultline.kernel.mm.GupFlag;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class KernelsTest {
    private static Gfs2Io gfs2(Parts parts) {
        return parts.get(Gfs2Io.PART, Gfs2Io::new);
    }

    @Test
    void todayReplacesNothing() {
        for (Patch patch : Kernels.patches()) {
            for (Change<?> change : patch.changes()) {
                assertTrue(Kernels.at("v6.18").replacement(change.part()).isEmpty(), patch.id());
            }
        }
    }

    @Test
    void aReleaseHasTheFormsOfItsTime() {
        assertEquals(Gfs2IoV514.class, gfs2(Kernels.at("v5.14")).getClass());
        assertEquals(Gfs2IoV514.class, gfs2(Kernels.at("v5.15")).getClass());
        assertEquals(Gfs2IoV516.class, gfs2(Kernels.at("v5.16")).getClass());
        assertEquals(Gfs2IoV516.class, gfs2(Kernels.at("v5.17")).getClass());
        assertEquals(Gfs2IoV518.class, gfs2(Kernels.at("v5.18")).getClass());
        assertEquals(Gfs2IoV518.class, gfs2(Kernels.at("v6.4-rc5")).getClass());
        assertEquals(Gfs2Io.class, gfs2(Kernels.at("v6.4-rc6")).getClass());
        assertEquals(Gfs2Io.class, gfs2(Kernels.at("v6.4")).getClass());
    }

    @Test
    void applyingEveryPatchInItsOrderLeadsFromTheOldestKernelToToday() {
        List<String> merged = Kernels.patches().stream().filter(patch -> patch.release().isPresent()).map(Patch::id).toList();
        Parts parts = Kernels.with("v2.6.19", merged);
        for (Patch patch : Kernels.patches()) {
            patch.changes().forEach(change -> assertTrue(parts.replacement(change.part()).isEmpty(), patch.id()));
        }
    }

    @Test
    void takingTheNewestPatchBackIsTheKernelBeforeIt() {
        Parts before = Kernels.at("v6.4-rc5");
        Parts taken = Kernels.with("v6.4-rc6", List.of("-gfs2-direct-write-fallback"));
        assertSame(gfs2(before), gfs2(taken));
    }

    @Test
    void aPostedSeriesReplacesWhatItChangedAndNothingElse() {
        Parts parts = Kernels.with("v5.14", List.of("gfs2-page-fault-v5"));
        assertInstanceOf(Gfs2IoPostedV5.class, gfs2(parts));
        assertEquals(new PagePinning(FolioHold.REFERENCE, GupFlag.FAST_ONLY), parts.get(PagePinning.PART, () -> PagePinning.TODAY));
        for (Part<?> untouched : List.of(dev.faultline.kernel.mm.FaultIn.PART, dev.faultline.kernel.iomap.BufferedIo.PART)) {
            assertEquals(Kernels.at("v5.14").replacement(untouched), parts.replacement(untouched));
        }
    }

    @Test
    void everyPatchHasAnIdOfItsOwnAndChangesSomething() {
        List<String> ids = Kernels.patches().stream().map(Patch::id).toList();
        assertEquals(ids.stream().distinct().toList(), ids);
        for (Patch patch : Kernels.patches()) {
            assertTrue(patch.id().matches("[a-z0-9]+(-[a-z0-9]+)*"), patch.id());
            assertTrue(!patch.changes().isEmpty(), patch.id());
            patch.changes().forEach(change -> assertNotEquals(change.before(), change.after(), patch.id()));
        }
    }

    @Test
    void mergedPatchesAreInTheOrderOfTheirReleases() {
        List<Release> releases = Kernels.patches().stream().map(Patch::release).flatMap(Optional::stream).toList();
        assertEquals(releases.stream().sorted().toList(), releases);
    }

    @Test
    void whatCannotBeIsSaidInOneLine() {
        refused("v5.21", List.of(), "unknown kernel 'v5.21'; expected a release from v2.6.0 to v6.18, such as v5.14 or v5.17-rc8");
        refused("v7.0", List.of(), "unknown kernel 'v7.0'; expected a release from v2.6.0 to v6.18, such as v5.14 or v5.17-rc8");
        refused("linux", List.of(), "unknown kernel 'linux'; expected a release from v2.6.0 to v6.18, such as v5.14 or v5.17-rc8");
        refused("v5.14", List.of("gfs2-page-fault-v4"), "unknown patch 'gfs2-page-fault-v4'; did you mean 'gfs2-page-fault-v5'?");
        refused("v5.14", List.of("quantum"), "unknown patch 'quantum'; 'faultline patches' lists them");
        refused("v6.18", List.of("gfs2-page-fault"), "patch 'gfs2-page-fault' is in v6.18 already");
        refused("v5.14", List.of("-gfs2-page-fault"), "patch 'gfs2-page-fault' is not in v5.14, so it cannot be taken back");
        refused("v6.18", List.of("gfs2-page-fault-v5"), "patch 'gfs2-page-fault-v5' does not fit this v6.18: it changes "
                + "fs.gfs2.Gfs2Io, which has another form here; it fits v5.15");
        refused("v6.18", List.of("-gfs2-page-fault"), "patch 'gfs2-page-fault' cannot be taken back: fs.gfs2.Gfs2Io was "
                + "changed again after it; take back 'gfs2-direct-write-fallback' first");
    }

    private static void refused(String kernel, List<String> patches, String message) {
        assertEquals(message, assertThrows(UnknownKernelException.class, () -> Kernels.with(kernel, patches)).getMessage());
    }
}
