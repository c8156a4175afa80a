package dev.faultline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What lockdep says of the zoo: warnings beside the verdict.
class LockdepTest {
    private static final String DIRECT = "../zoo/gfs2/direct-read-into-own-mapping.litmus";
    private static final String CIRCLE = "possible circular locking dependency: inode glock → mmap_lock → inode glock";

    @BeforeAll
    static void theZooIsBesideThisModule() {
        System.setProperty("faultline.home", "..");
    }

    @Test
    void bothWaysOfAnInversionAreToldInKernelFunctions() {
        CommandLineRun run = CommandLineRun.of("check", DIRECT, "--kernel", "v5.14");
        assertEquals(0, run.status(), run.out());
        assertTrue(run.out().contains("warning: lockdep: " + CIRCLE), run.out());
        assertTrue(run.out().contains("warning: lockdep: possible recursive locking: inode glock → inode glock"), run.out());
        assertTrue(run.out().contains("  P0 takes mmap_lock of process a (read)\n      in ksys_pread64 > "), run.out());
        assertTrue(run.out().contains("get_user_pages_fast > __gup_longterm_locked\n    while it holds inode glock of f"
                + " (read)\n      taken in ksys_pread64 > vfs_iter_rw > gfs2_file_read_iter > gfs2_file_direct_read"
                + " > gfs2_glock_nq\n"), run.out());
        assertTrue(run.out().contains("  init takes inode glock of f (read)\n      in ksys_mmap_pgoff > do_mmap > mmap_region"
                + " > gfs2_mmap > gfs2_glock_nq\n    while it holds mmap_lock of process a\n      taken in ksys_mmap_pgoff\n"), run.out());
    }

    /// `get_user_pages_fast` with FOLL_NOFAULT still takes `mmap_lock`, under the glock, to find out that there is no
    /// page; the form first posted did not.
    @Test
    void anInversionWithoutADeadlockLeavesTheVerdictAlone() {
        CommandLineRun today = CommandLineRun.of("check", DIRECT);
        assertEquals(0, today.status());
        assertTrue(today.out().contains("on v6.18: holds\n"), today.out());
        assertTrue(today.out().contains(CIRCLE), today.out());
        CommandLineRun posted = CommandLineRun.of("check", DIRECT, "--kernel", "v5.14", "--patch", "gfs2-page-fault-v5");
        assertFalse(posted.out().contains("lockdep"), posted.out());
    }

    @Test
    void aClaimThatGivesWayOrdersNothing() {
        CommandLineRun run = CommandLineRun.of("check", "../zoo/gfs2/buffered-read-into-own-mapping.litmus", "--kernel", "v5.16");
        assertTrue(run.out().contains(": holds\n"), run.out());
        assertFalse(run.out().contains("lockdep"), run.out());
    }

    @Test
    void jsonHasTheWarningsAndTheirSchedulesReplay() {
        CommandLineRun run = CommandLineRun.of("check", "--json", DIRECT);
        assertTrue(run.out().contains("\"verdict\":\"holds\",\"kinds\":[]"), run.out());
        assertTrue(run.out().contains("\"warnings\":[{\"kind\":\"lock-order\",\"summary\":\"" + CIRCLE
                + "\",\"orders\":[{\"task\":\"P0\",\"holds\":{\"class\":\"inode glock\",\"lock\":\"inode glock of f\","
                + "\"shared\":true,\"chain\":[\"ksys_pread64\","), run.out());
        List<String> schedules = Pattern.compile("\"schedule\":\"([^\"]+)\"").matcher(run.out()).results()
                .map((MatchResult found) -> found.group(1)).toList();
        assertEquals(1, schedules.size(), run.out());
        CommandLineRun replayed = CommandLineRun.of("replay", DIRECT, "--schedule", schedules.getFirst());
        assertTrue(replayed.out().contains("+ (read) mmap_lock of process a"), replayed.out());
    }
}
