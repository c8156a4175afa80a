package dev.faultline.history.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.ForcedWrite;
import dev.faultline.kernel.mm.GupFlag;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.kernel.mm.Vma;
import java.util.EnumSet;

/// From v4.9 to v5.19: it is remembered that a page was copied (`FOLL_COW`), and a page that is dirty is taken for that
/// copy.
public final class ForcedWriteV519 extends ForcedWrite {
    /// The form.
    public ForcedWriteV519() {}

    @Override
    protected Attempt attempt(EnumSet<GupFlag> flags) {
        return new LooksForDirt(flags);
    }

    private static final class LooksForDirt extends Attempt {
        private boolean copied;

        LooksForDirt(EnumSet<GupFlag> flags) {
            super(flags);
        }

        @Override
        @Models(file = "mm/gup.c", symbol = "can_follow_write_pte", release = "v5.19")
        protected boolean canFollowWrite(Vma vma, Pte.Present pte) {
            return forced(vma) && copied && pte.dirty();
        }

        @Override
        protected long remembered() {
            return copied ? 1 : 0;
        }

        @Override
        protected void handled(Vma vma, VmFaultResult result) {
            copied |= result.has(VmFaultResult.WRITE) && forced(vma);
        }
    }
}
