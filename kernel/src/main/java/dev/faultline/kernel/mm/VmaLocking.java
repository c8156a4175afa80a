package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Part;

/// Who does with the lock of an area instead of `mmap_lock`.
public class VmaLocking {
    /// The seam at which other forms plug in.
    public static final Part<VmaLocking> PART = new Part<>("mm.VmaLocking", VmaLocking.class);

    /// Today's form.
    public VmaLocking() {}

    /// {@return whether faults in areas may be tried without `mmap_lock` at all}
    protected boolean isTried() {
        return true;
    }

    /// {@return whether faults in the area can be handled under its lock}
    protected boolean covers(Vma vma) {
        return true;
    }

    /// {@return whether giving pages back does with it}
    protected boolean isForAdvice() {
        return true;
    }

    /// {@return whether who changes an area waits for those who read it}
    protected boolean waitsForReaders() {
        return true;
    }

    /// {@return whether fork keeps faults out of the areas that it copies}
    protected boolean keepsOutOfFork() {
        return true;
    }
}
