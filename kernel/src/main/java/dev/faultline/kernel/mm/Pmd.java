package dev.faultline.kernel.mm;

import dev.faultline.machine.task.Digest;

/// A page-table entry of the middle level (`pmd_t`).
sealed interface Pmd {
    /// Nothing.
    Pmd NONE = new None();

    /// Nothing.
    record None() implements Pmd {}

    /// A table of entries of the lowest level.
    ///
    /// @param generation which one of those that were in this place
    record Table(int generation) implements Pmd {}

    /// Nothing is mapped, where there are huge pages of the pool only, and the next access is told why.
    record Marker(Pte.Marker marker) implements Pmd {}

    /// A huge page.
    ///
    /// @param first how its first page is mapped; the others are so as well
    record Huge(Pte.Present first) implements Pmd {
        /// {@return how page `i` of it is mapped}
        Pte.Present page(int i) {
            return new Pte.Present(first.folio().page(i), first.bits());
        }

        /// {@return whether it is a page of a file}
        boolean isOfFile() {
            return first.folio().isFileBacked();
        }

        /// {@return whether it is the huge page of zeroes}
        boolean isZero() {
            return first.folio().isZeroPage();
        }
    }

    /// {@return a hash of the entry; 0 for none}
    default long hash() {
        return switch (this) {
            case None _ -> 0;
            case Table(int generation) -> 1 + generation;
            case Marker(Pte.Marker marker) -> marker.hash();
            case Huge(Pte.Present first) -> Digest.mix(first.hash(), 31);
        };
    }
}
