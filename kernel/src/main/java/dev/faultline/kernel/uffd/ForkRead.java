package dev.faultline.kernel.uffd;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;

/// How who reads that a process has forked keeps what serves the child: between the lock under which the event is taken, and that
/// under which it is over, who forked may be killed and give it up.
public class ForkRead {
    /// The seam at which another form is put in.
    public static final Part<ForkRead> PART = new Part<>("uffd.ForkRead", ForkRead.class);

    /// Today's form.
    public ForkRead() {}

    /// {@return whether an event is put back of which the program could not be told}
    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_ctx_read")
    protected boolean putsBack() {
        return true;
    }

    /// {@return whether the reader has a reference of its own meanwhile}
    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_ctx_read")
    protected boolean takesReference() {
        return true;
    }
}
