package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.arch.Architecture;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.Prctl;
import dev.faultline.kernel.uapi.SysResult;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Memory with tags: what an access through an address of another tag comes to, and what faulting in can tell.
class TagsTest {
    private static final long P = 4096;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;
    private static final int PRIVATE = Mman.MAP_PRIVATE | Mman.MAP_ANONYMOUS;
    private static final long CHECKED = Prctl.PR_TAGGED_ADDR_ENABLE | Prctl.PR_MTE_TCF_SYNC;

    private interface Body {
        void run(Sandbox.Program program, long memory);
    }

    /// Runs a program with two pages of memory that has tags; the bytes from 4096 + 128 on have tag 5, up to the next
    /// granule.
    private static void run(Architecture architecture, Body body) {
        Sandbox sandbox = Sandbox.ext4(architecture).file("/mnt/f", 8 * P, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            if (architecture.threadsOptIn()) {
                program.must("prctl", Prctl.PR_SET_TAGGED_ADDR_CTRL, CHECKED, 0, 0, 0);
            }
            long memory = program.must("mmap", 0, 2 * P, RW | architecture.tagProtection(), PRIVATE, -1, 0);
            program.access().setTag(memory + P + 128, 5);
            body.run(program, memory);
        }));
    }

    @Test
    void faultingInLooksAtOneByteOfAPageUnlessItIsToldToLookAtEveryGranule() {
        run(Architecture.ARM64_MTE, (program, p) -> {
            FaultIn faultIn = program.faultIn();
            assertEquals(0, faultIn.faultInReadable(p, 2 * P));
            assertEquals(0, faultIn.faultInWriteable(p, 2 * P));
            assertEquals(0, faultIn.faultInSafeWriteable(program.mm(), p, 2 * P));
            assertEquals(P - 128, faultIn.faultInSubpageWriteable(program.mm(), p, 2 * P));
            assertEquals(0, faultIn.faultInSubpageWriteable(program.mm(), p, P + 128));
            assertEquals(1, faultIn.faultInSubpageWriteable(program.mm(), p, P + 129));
        });
    }

    @Test
    void whereTheRangeBeginsAtTheGranuleEveryOneOfThemSeesIt() {
        run(Architecture.ARM64_MTE, (program, p) -> {
            long bad = p + P + 130;
            FaultIn faultIn = program.faultIn();
            assertEquals(64, faultIn.faultInReadable(bad, 64));
            assertEquals(64, faultIn.faultInWriteable(bad, 64));
            assertEquals(64, faultIn.faultInSubpageWriteable(program.mm(), bad, 64));
            assertEquals(0, faultIn.faultInSafeWriteable(program.mm(), bad, 64)); // handles a fault, and touches nothing
        });
    }

    @Test
    void aPageThatIsNotThereEndsTheLookAtGranules() {
        run(Architecture.ARM64_MTE, (program, p) -> {
            program.must("munmap", p + P, P);
            assertEquals(P, program.faultIn().faultInSubpageWriteable(program.mm(), p, 2 * P));
            assertEquals(2 * P, program.faultIn().faultInSubpageWriteable(program.mm(), p + P, 2 * P));
        });
    }

    @Test
    void sparcHasNothingThatLooksAtGranules() {
        run(Architecture.SPARC64_ADI, (program, p) -> {
            assertEquals(0, program.faultIn().faultInSubpageWriteable(program.mm(), p, 2 * P));
            assertEquals(64, program.access().copyToUser(p + P + 64, new Content((byte) 1), 0, 128));
        });
    }

    @Test
    void onSparcTheLowestAndTheHighestVersionMatchEveryAddress() {
        run(Architecture.SPARC64_ADI, (program, p) -> {
            long tagged = Architecture.SPARC64_ADI.tagged(p, 7);
            program.store(tagged, 1);
            program.access().setTag(p, 15);
            assertEquals(1, program.load(p));
            program.access().setTag(p, 7);
            assertEquals(1, program.load(tagged));
            assertThrows(SignalRaised.class, () -> program.load(p));
        });
    }

    @Test
    void copiesEndInFrontOfTheGranule() {
        run(Architecture.ARM64_MTE, (program, p) -> {
            Content page = new Content((byte) 9);
            assertEquals((int) P - 128, program.access().copyToUser(p + P, page, 0, (int) P));
            assertEquals((int) P - 128, program.access().copyFromUser(new Content((byte) 0), 0, p + P, (int) P));
            assertEquals(9, program.load(p + P + 127));
            assertEquals(0, program.load(Architecture.ARM64_MTE.tagged(p + P + 128, 5)));
        });
    }

    @Test
    void aStoreOverTwoGranulesStoresNothing() {
        run(Architecture.ARM64_MTE, (program, p) -> {
            assertThrows(SignalRaised.class, () -> program.access().store(p + P + 124, 8, -1));
            assertEquals(0, program.load(p + P + 124));
        });
    }

    @Test
    void nothingIsLookedAtByAThreadThatDidNotAskOrMemoryThatIsPlain() {
        run(Architecture.ARM64_MTE, (program, p) -> {
            long plain = program.must("mmap", 0, P, RW, PRIVATE, -1, 0);
            program.access().setTag(plain, 3);
            assertEquals(0, program.load(plain));
            program.must("prctl", Prctl.PR_SET_TAGGED_ADDR_CTRL, 0, 0, 0, 0);
            assertEquals(0, program.load(p + P + 128));
            assertEquals(0, program.faultIn().faultInSubpageWriteable(program.mm(), p, 2 * P));
        });
    }

    @Test
    void systemCallsTakeTaggedAddressesFromThoseWhoAsked() {
        run(Architecture.ARM64_MTE, (program, p) -> {
            int fd = program.open("/mnt/f", 0);
            long tagged = Architecture.ARM64_MTE.tagged(p + P + 128, 5);
            assertEquals(16, program.must("pread", fd, tagged, 32, 0));
            assertEquals(0, program.must("mprotect", Architecture.ARM64_MTE.tagged(p, 5), P, RW));
            program.must("prctl", Prctl.PR_SET_TAGGED_ADDR_CTRL, Prctl.PR_MTE_TCF_SYNC, 0, 0, 0);
            assertEquals(SysResult.err(Errno.EFAULT), program.call("pread", fd, tagged, 32, 0));
        });
    }

    @Test
    void protectionCannotTakeTagsAwayOnArmAndCanOnSparc() {
        run(Architecture.ARM64_MTE, (program, p) -> {
            program.must("mprotect", p, 2 * P, RW);
            assertThrows(SignalRaised.class, () -> program.load(p + P + 128));
        });
        run(Architecture.SPARC64_ADI, (program, p) -> {
            program.must("mprotect", p, 2 * P, RW);
            assertEquals(0, program.load(p + P + 128));
        });
    }

    @Test
    void pagesOfADiskHaveNoTags() {
        run(Architecture.ARM64_MTE, (program, p) -> {
            int fd = program.open("/mnt/f", 0);
            SysResult invalid = SysResult.err(Errno.EINVAL);
            assertEquals(invalid, program.call("mmap", 0, P, RW | 0x20, Mman.MAP_SHARED, fd, 0));
            long mapped = program.shared(fd, P);
            assertEquals(invalid, program.call("mprotect", mapped, P, RW | 0x20));
        });
    }

    @Test
    void prctlChecksItsArguments() {
        run(Architecture.ARM64_MTE, (program, p) -> {
            SysResult invalid = SysResult.err(Errno.EINVAL);
            assertEquals(CHECKED, program.must("prctl", Prctl.PR_GET_TAGGED_ADDR_CTRL, 0, 0, 0, 0));
            assertEquals(invalid, program.call("prctl", Prctl.PR_GET_TAGGED_ADDR_CTRL, 1, 0, 0, 0));
            assertEquals(invalid, program.call("prctl", Prctl.PR_SET_TAGGED_ADDR_CTRL, 1L << 40, 0, 0, 0));
            assertEquals(invalid, program.call("prctl", Prctl.PR_SET_TAGGED_ADDR_CTRL, 1, 0, 1, 0));
            assertEquals(0, program.must("prctl", Prctl.PR_SET_TAGGED_ADDR_CTRL, CHECKED | Prctl.PR_MTE_TAG_MASK, 0, 0, 0));
        });
        run(Architecture.SPARC64_ADI, (program, p) ->
                assertEquals(SysResult.err(Errno.EINVAL), program.call("prctl", Prctl.PR_SET_TAGGED_ADDR_CTRL, 1, 0, 0, 0)));
    }

    @Test
    void aTagIsGivenToAWholeGranuleOfMemoryThatMayBeWritten() {
        run(Architecture.ARM64_MTE, (program, p) -> {
            assertEquals(Signal.SIGBUS, assertThrows(SignalRaised.class, () -> program.access().setTag(p + 8, 1)).signal());
            program.must("mprotect", p, P, Mman.PROT_READ | 0x20);
            assertEquals(Signal.SIGSEGV, assertThrows(SignalRaised.class, () -> program.access().setTag(p, 1)).signal());
            assertEquals(0, program.access().getTag(p));
            program.must("munmap", p, P);
            assertEquals(Signal.SIGSEGV, assertThrows(SignalRaised.class, () -> program.access().getTag(p)).signal());
            assertEquals(5, program.access().getTag(p + P + 128));
        });
    }

    @Test
    void granulesKeepTheirTagsWhenOthersGetOne() {
        run(Architecture.ARM64_MTE, (program, p) -> {
            program.access().setTag(p + P + 256, 6);
            assertEquals(5, program.access().getTag(p + P + 128));
            assertEquals(6, program.access().getTag(p + P + 256));
        });
    }

    @Test
    void theKernelTakesNoTaggedAddressFromAThreadThatDidNotAsk() {
        run(Architecture.ARM64_MTE, (program, p) -> {
            long tagged = Architecture.ARM64_MTE.tagged(p + P + 128, 5);
            assertEquals(16, program.access().readable(tagged, 16));
            program.must("prctl", Prctl.PR_SET_TAGGED_ADDR_CTRL, 0, 0, 0, 0);
            assertEquals(0, program.access().readable(tagged, 16));
            assertEquals(16, program.access().readable(p + P + 128, 16));
            assertEquals(64, program.faultIn().faultInReadable(tagged, 64));
            assertEquals(64, program.faultIn().faultInWriteable(tagged, 64));
            assertEquals(64, program.faultIn().faultInSafeWriteable(program.mm(), tagged, 64));
        });
    }

    /// Loops that come to the same state again are found to get nowhere.
    @Test
    void anotherTagIsAnotherState() {
        run(Architecture.ARM64_MTE, (program, p) -> {
            String before = program.mm().machine().stateKey().toString();
            program.access().setTag(p + P + 128, 6);
            assertNotEquals(before, program.mm().machine().stateKey().toString());
        });
    }
}
