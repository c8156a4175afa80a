package dev.faultline.kernel.mm;

import java.util.Optional;

/// What a program that serves faults puts in the place of huge pages.
public interface HugetlbFill {
    /// What the pages are made of (`MFILL_ATOMIC_*`).
    enum Mode { COPY, CONTINUE, POISON }

    /// {@return what this one is made of}
    Mode mode();

    /// {@return whether the program wants to be told of writes}
    boolean protects();

    /// {@return the page that was kept, which is the caller's now, with the bytes}
    Optional<Folio> takeKept();

    /// Keeps a page of the caller's until its bytes have been copied, without locks.
    void keep(Folio temporary);

    /// Copies the bytes, without faults.
    ///
    /// @return whether they are there
    boolean copyAtomic(Folio destination);
}
