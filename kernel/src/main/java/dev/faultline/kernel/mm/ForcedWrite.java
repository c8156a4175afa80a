package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;
import java.util.EnumSet;

/// How get_user_pages comes by a page to write to where the program must not write ([GupFlag#FORCE]): a copy is made
/// first, which the entry still does not permit to write.
public class ForcedWrite {
    /// The seam at which other forms plug in.
    public static final Part<ForcedWrite> PART = new Part<>("mm.ForcedWrite", ForcedWrite.class);

    /// Today's form.
    public ForcedWrite() {}

    /// {@return the search for one page}
    protected Attempt attempt(EnumSet<GupFlag> flags) {
        return new Attempt(flags);
    }

    /// The search for one page, fault after fault.
    public static class Attempt {
        private final EnumSet<GupFlag> flags;

        /// A search with these flags.
        public Attempt(EnumSet<GupFlag> flags) {
            this.flags = EnumSet.copyOf(flags);
        }

        /// {@return what is still asked for}
        protected final EnumSet<GupFlag> flags() {
            return flags;
        }

        /// {@return whether the page may be written through get_user_pages though the entry does not permit it}
        @Models(file = "mm/gup.c", symbol = "can_follow_write_pte")
        protected boolean canFollowWrite(Vma vma, Pte.Present pte) {
            return forced(vma) && pte.isAnonymous() && pte.anonExclusive() && !Userfault.isProtected(vma, pte);
        }

        /// {@return whether writing to the area may be forced at all, and has to be}
        protected final boolean forced(Vma vma) {
            return flags.contains(GupFlag.FORCE) && vma.isCow() && !vma.has(VmFlag.WRITE);
        }

        /// {@return what is remembered from one fault to the next, as a number}
        protected long remembered() {
            return 0;
        }

        /// A fault in the area was handled.
        protected void handled(Vma vma, VmFaultResult result) {
            // today nothing is remembered: the entry has to tell
        }
    }
}
