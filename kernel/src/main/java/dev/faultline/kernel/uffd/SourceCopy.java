package dev.faultline.kernel.uffd;

import dev.faultline.kernel.lib.Part;

/// How bytes are copied from the program while `mmap_lock` is held.
public class SourceCopy {
    /// The seam at which other forms plug in.
    public static final Part<SourceCopy> PART = new Part<>("uffd.SourceCopy", SourceCopy.class);

    /// Today's form.
    public SourceCopy() {}

    /// {@return whether page faults are disabled meanwhile} A fault would take `mmap_lock` again, behind a writer that may
    /// wait for it; or that of another process, which may fill in pages from this one.
    protected boolean disablesFaults() {
        return true;
    }
}
