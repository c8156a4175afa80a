package dev.faultline.kernel.kvm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.kernel.mm.UserMemory;

/// The page through which a guest reads privileged registers without leaving to its host.
public final class MagicPage {
    private static final int PROBED_BYTES = 4;

    /// What faulting in the first bytes of the page says about it.
    @FunctionalInterface
    public interface SelfTest {
        /// The seam at which other forms plug in.
        Part<SelfTest> PART = new Part<>("kvm.MagicPage.SelfTest", SelfTest.class);

        /// Today: nothing may be missing.
        SelfTest TODAY = missingBytes -> missingBytes == 0;

        /// {@return whether the page works, where so many bytes could not be faulted in}
        boolean worked(long missingBytes);
    }

    private final UserMemory memory;
    private final SelfTest selfTest;

    /// The page of a guest with that memory.
    public MagicPage(UserMemory memory, Parts parts) {
        this.memory = memory;
        this.selfTest = parts.get(SelfTest.PART, () -> SelfTest.TODAY);
    }

    /// {@return whether the guest goes on to patch its instructions, so that they use the page at `address`}
    @Models(file = "arch/powerpc/kernel/kvm.c", symbol = "kvm_use_magic_page")
    public boolean use(long address) {
        return selfTest.worked(memory.faultIn().faultInReadable(address, PROBED_BYTES));
    }
}
