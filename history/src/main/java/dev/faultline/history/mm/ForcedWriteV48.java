package dev.faultline.history.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.ForcedWrite;
import dev.faultline.kernel.mm.GupFlag;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.kernel.mm.Vma;
import java.util.EnumSet;

/// Up to v4.8: once a page was copied for the write, the page is looked up as if it were to be read. If it has been
/// given back meanwhile, that finds the page of the file.
public final class ForcedWriteV48 extends ForcedWrite {
    /// The form.
    public ForcedWriteV48() {}

    @Override
    protected Attempt attempt(EnumSet<GupFlag> flags) {
        return new ForgetsTheWrite(flags);
    }

    private static final class ForgetsTheWrite extends Attempt {
        ForgetsTheWrite(EnumSet<GupFlag> flags) {
            super(flags);
        }

        @Override
        protected boolean canFollowWrite(Vma vma, Pte.Present pte) {
            return false;
        }

        @Override
        protected long remembered() {
            return flags().contains(GupFlag.WRITE) ? 0 : 1;
        }

        @Override
        @Models(file = "mm/gup.c", symbol = "faultin_page", release = "v4.8")
        protected void handled(Vma vma, VmFaultResult result) {
            if (result.has(VmFaultResult.WRITE) && forced(vma)) {
                flags().remove(GupFlag.WRITE);
            }
        }
    }
}
