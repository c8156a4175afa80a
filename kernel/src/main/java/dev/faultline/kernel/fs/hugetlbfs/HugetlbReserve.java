package dev.faultline.kernel.fs.hugetlbfs;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import java.util.Optional;

/// Whose promises an area uses, and how its pages are had: of a file, of a private mapping, or none, as after a fork.
///
/// The maps of the two say opposite things: of a file what is noted has a page or a promise, of a private mapping what is
/// noted has none any more.
///
/// @param pool where pages come from
/// @param map  where promises are noted, if there are some
/// @param ofFile whether the map is that of the file
record HugetlbReserve(HugetlbPool pool, Optional<ResvMap> map, boolean ofFile) {
    /// {@return whether no page is promised} One step, if there is a map.
    @Models(file = "mm/hugetlb.c", symbol = "vma_needs_reservation")
    private boolean needs(long index) {
        return map.isEmpty() || map.get().chg(index, index + 1) > 0 == ofFile;
    }

    /// Notes that there is a page. One step, if there is a map.
    ///
    /// @return whether there was no promise
    @Models(file = "mm/hugetlb.c", symbol = "vma_commit_reservation")
    private boolean commit(long index) {
        return map.isEmpty() || map.get().add(index, index + 1) > 0 == ofFile;
    }

    /// {@return a new page, as [HugetlbPool#dequeue] gives} A few steps.
    ///
    /// @param cowFromOwner whether it is for a copy of a page that a child has, too, so that promises are left alone
    @Models(file = "mm/hugetlb.c", symbol = "alloc_hugetlb_folio")
    Optional<Folio> allocate(long index, boolean cowFromOwner) {
        if (cowFromOwner) {
            return pool.dequeue(false);
        }
        boolean needed = needs(index);
        Optional<Folio> folio = pool.dequeue(!needed);
        if (folio.isPresent() && !commit(index) && needed) {
            pool.acctMemory(-1); // somebody has mapped the file meanwhile, and the promise of that is used up
        }
        return folio;
    }

    /// A page is given up that [#allocate] gave and nobody else knows: what was noted of it is undone. Two steps at most.
    @Models(file = "mm/hugetlb.c", symbol = "restore_reserve_on_error")
    void restoreOnError(long index, Folio folio) {
        boolean needs = needs(index);
        if (map.isEmpty() || pool.isRestoring(folio) != needs) {
            return;
        }
        if (ofFile == needs) {
            map.get().add(index, index + 1);
        } else {
            map.get().del(index, index + 1);
        }
    }

    /// The page of a private mapping that has promises is unmapped: it is promised again. A step.
    void restoreOnUnmap(long index, Folio folio) {
        pool.setRestoring(folio);
        if (needs(index)) {
            map.orElseThrow().del(index, index + 1);
        }
    }
}
