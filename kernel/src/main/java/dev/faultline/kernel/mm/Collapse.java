package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.NotModelled;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;

/// Makes one huge page of small ones: mm/khugepaged.c. For those of a file see [FileCollapse].
///
/// Left out: bringing anonymous pages back from swap first; the daemon leaves files alone.
public final class Collapse {
    private static final int MOST_SHARED = 256;

    private final PhysicalMemory physical;

    Collapse(PhysicalMemory physical) {
        this.physical = physical;
    }

    /// For whom: the daemon is content with less.
    private enum Who { PROGRAM, DAEMON }

    /// Collapses each 2 MiB that lie wholly in a part of an area. The caller holds `mmap_lock` for reading, and still does
    /// afterwards; it is dropped and taken again in between.
    ///
    /// @return -EINVAL, -ENOMEM, or -EAGAIN if one of them could not be
    @Models(file = "mm/khugepaged.c", symbol = "madvise_collapse")
    Optional<Errno> madviseCollapse(Vma found, long start, long end) {
        Mm mm = found.mm();
        if (mm.thp() == Thp.NEVER) {
            throw new NotModelled("MADV_COLLAPSE of a machine without 'thp'");
        }
        long first = Thp.start(start + Thp.BYTES - 1);
        long last = Thp.start(end);
        if (!isAllowable(found, Thp.start(found.end()) - Thp.BYTES, Who.PROGRAM)) {
            return Optional.of(Errno.EINVAL);
        }
        Optional<Errno> failed = Optional.empty();
        Set<Folio> listed = found.isAnonymous() || first >= last ? lruAddDrainAll(mm, first, last)
                : new LinkedHashSet<>(FileCollapse.cachedPages(found, first, last));
        for (long address = first; address < last; address += Thp.BYTES) {
            ScanResult result = collapse(mm, address, Who.PROGRAM, listed);
            mm.mmapLock().downRead();
            if (result != ScanResult.SUCCEED && result != ScanResult.PMD_MAPPED) {
                failed = Optional.of(result.errno());
            }
            if (!result.goesOn()) {
                break;
            }
        }
        return failed;
    }

    /// Collapses 2 MiB of a program if there is anything in it that was its own.
    @Models(file = "mm/khugepaged.c", symbol = "khugepaged_scan_mm_slot")
    public void khugepaged(Mm mm, long address) {
        if (mm.mmapLock().downReadTrylock()) {
            collapse(mm, address, Who.DAEMON, lruAddDrainAll(mm, address, address + Thp.BYTES));
        }
    }

    /// {@return where the daemon may find something in an area that is there, at most so many places}
    public static List<Long> ranges(Vma vma, int most) {
        if (!vma.mm().thp().permits(vma) || !vma.isAnonymous() || vma.has(VmFlag.SHARED)) {
            return List.of();
        }
        return LongStream.iterate(Thp.start(vma.start() + Thp.BYTES - 1), at -> at + Thp.BYTES <= vma.end(), at -> at + Thp.BYTES)
                .limit(most).boxed().toList();
    }

    /// {@return the pages of a range that are there: whatever processors were still about to put on the lists of pages is on
    /// them afterwards} A page that comes later may wait in a batch, which has a reference, for a while.
    @Models(file = "mm/swap.c", symbol = "lru_add_drain_all")
    private static Set<Folio> lruAddDrainAll(Mm mm, long start, long end) {
        Set<Folio> listed = new LinkedHashSet<>();
        for (PmdSlot pmd : mm.pmds(start, end)) {
            for (PteSlot slot : pmd.entries(pmd.address(), pmd.address() + Thp.BYTES)) {
                if (isPage(slot.inTable())) {
                    listed.add(slot.presentInTable().folio().head());
                }
            }
        }
        return listed;
    }

    /// {@return whether the page is on the lists: of one that came late that is for nobody here to say}
    private boolean isListed(Folio folio, Set<Folio> listed) {
        boolean is = listed.contains(folio.head()) || physical.machine().choose("whether a new page waits in a batch", 2) == 0;
        if (is) {
            listed.add(folio.head());
        }
        return is;
    }

    /// {@return whether huge pages may be made there (`thp_vma_allowable_order`, `thp_vma_suitable_order`)}
    private static boolean isAllowable(Vma vma, long start, Who who) {
        boolean advised = who == Who.DAEMON ? vma.mm().thp().permits(vma) : !vma.has(VmFlag.NOHUGEPAGE);
        boolean may = vma.isAnonymous() ? !vma.has(VmFlag.SHARED) && vma.hasAnonVma()
                : who == Who.PROGRAM && FileCollapse.pagesOf(vma).isPresent();
        return advised && may && Thp.isSuitable(vma, start);
    }

    private static boolean revalidate(Mm mm, long address, Who who) {
        return mm.vmaLookup(address).filter(vma -> isAllowable(vma, address, who)).isPresent();
    }

    /// As [#revalidate], once `mmap_lock` was given up: a file may be mapped there by now.
    private static boolean revalidateAnon(Mm mm, long address, Who who) {
        return mm.vmaLookup(address).filter(vma -> vma.isAnonymous() && isAllowable(vma, address, who)).isPresent();
    }

    /// The caller holds `mmap_lock` for reading, which is given up.
    @Models(file = "mm/khugepaged.c", symbol = "hpage_collapse_scan_pmd")
    private ScanResult collapse(Mm mm, long address, Who who, Set<Folio> listed) {
        boolean may = revalidate(mm, address, who);
        Optional<Vma> ofFile = mm.vmaLookup(address).filter(vma -> may && !vma.isAnonymous());
        if (ofFile.isPresent()) {
            return FileCollapse.collapse(ofFile.get(), address, folio -> isListed(folio, listed), vma -> isAllowable(vma, address, who));
        }
        ScanResult scanned = !may ? ScanResult.VMA_CHECK
                : scan(mm.vmaLookup(address).orElseThrow(), mm.pmd(address).orElseThrow(), who, listed);
        mm.mmapLock().upRead();
        return scanned == ScanResult.SUCCEED ? collapseHugePage(mm, address, who, listed) : scanned;
    }

    private ScanResult scan(Vma vma, PmdSlot pmd, Who who, Set<Folio> listed) {
        ScanResult found = findPmdOrThpOrNone(pmd);
        if (found != ScanResult.SUCCEED) {
            return found;
        }
        List<PteSlot> slots = pmd.entries(pmd.address(), pmd.address() + Thp.BYTES);
        int shared = 0;
        int pages = 0;
        for (PteSlot slot : slots) {
            ScanResult result = check(vma, slot.inTable());
            if (result == ScanResult.SUCCEED && isPage(slot.inTable())) {
                Folio folio = slot.presentInTable().folio();
                result = folio.lock().isLocked() ? ScanResult.PAGE_LOCK
                        : isListed(folio, listed) && isReferencedByEntriesOnly(folio) ? ScanResult.SUCCEED : ScanResult.PAGE_COUNT;
                shared += folio.readMappings() > 1 ? 1 : 0;
                pages++;
            }
            if (result != ScanResult.SUCCEED) {
                return result;
            }
        }
        return judge(vma, who, pages, shared);
    }

    /// {@return whether there are enough pages, and few enough that are shared} A program that serves the faults of an area
    /// is to be told of each page that is missing.
    private static ScanResult judge(Vma vma, Who who, int pages, int shared) {
        boolean fewEnough = who == Who.PROGRAM || pages > 0;
        return pages < Thp.PAGES && !vma.userfault().isEmpty() || !fewEnough ? ScanResult.EXCEED_NONE_PTE
                : who == Who.DAEMON && shared > MOST_SHARED ? ScanResult.EXCEED_SHARED_PTE : ScanResult.SUCCEED;
    }

    /// {@return whether a table is there} One step.
    @Models(file = "mm/khugepaged.c", symbol = "find_pmd_or_thp_or_none")
    private static ScanResult findPmdOrThpOrNone(PmdSlot pmd) {
        return switch (pmd.read()) {
            case Pmd.None _ -> ScanResult.PMD_NULL;
            case Pmd.Table _ -> ScanResult.SUCCEED;
            case Pmd.Huge _, Pmd.Marker _ -> ScanResult.PMD_MAPPED;
        };
    }

    /// {@return whether a table is there, in an area that may have huge pages} The caller holds `mmap_lock`.
    private static ScanResult findTable(Mm mm, long address, Who who) {
        return revalidateAnon(mm, address, who) ? findPmdOrThpOrNone(mm.pmd(address).orElseThrow()) : ScanResult.VMA_CHECK;
    }

    private static boolean isPage(Pte pte) {
        return pte instanceof Pte.Present present && !present.special();
    }

    private static ScanResult check(Vma vma, Pte pte) {
        return switch (pte) {
            case Pte.None _ -> ScanResult.SUCCEED;
            case Pte.Present present -> present.uffdWp() ? ScanResult.PTE_UFFD_WP : ScanResult.SUCCEED;
            case Pte.Marker marker -> marker == Pte.Marker.UFFD_WP ? ScanResult.PTE_UFFD_WP : ScanResult.PTE_NON_PRESENT;
            case Pte.Swap _, Pte.Migration _ ->
                throw new NotModelled("collapsing memory of " + vma.mm() + " of which pages are in swap, or being moved");
        };
    }

    /// {@return whether nobody but entries, and the swap cache, has a reference}
    @Models(file = "include/linux/mm.h", symbol = "folio_expected_ref_count")
    private static boolean isReferencedByEntriesOnly(Folio folio) {
        int cached = folio.flags().readBits(Folio.SWAPCACHE) != 0 ? 1 : 0;
        folio.readReferenceCount();
        return folio.peekOtherReferences() == cached;
    }

    @Models(file = "mm/khugepaged.c", symbol = "collapse_huge_page")
    private ScanResult collapseHugePage(Mm mm, long address, Who who, Set<Folio> listed) {
        Optional<Folio> huge = physical.allocateHuge("huge anonymous");
        if (huge.isEmpty()) {
            return ScanResult.ALLOC_HUGE_PAGE_FAIL;
        }
        mm.mmapLock().downRead();
        ScanResult result = findTable(mm, address, who);
        mm.mmapLock().upRead();
        if (result == ScanResult.SUCCEED) {
            result = underMmapLock(mm, address, who, huge.get(), listed);
        }
        if (result != ScanResult.SUCCEED) {
            huge.get().put();
        }
        return result;
    }

    private ScanResult underMmapLock(Mm mm, long address, Who who, Folio huge, Set<Folio> listed) {
        mm.mmapLock().downWrite();
        ScanResult result = findTable(mm, address, who);
        if (result == ScanResult.SUCCEED) {
            Vma vma = mm.vmaLookup(address).orElseThrow();
            mm.vmaLocks().startWrite(vma);
            result = replace(vma, mm.pmd(address).orElseThrow(), who, huge, listed);
        }
        mm.writeUnlock();
        return result;
    }

    /// Takes the table out, and puts the huge page in its place if all of the pages can be had. Lockless walks may be in the
    /// table until they are waited for; pages that they reference by then are counted.
    private ScanResult replace(Vma vma, PmdSlot pmd, Who who, Folio huge, Set<Folio> listed) {
        Mm mm = vma.mm();
        mm.anonVma().rwsem().downWrite();
        pmd.detach();
        if (mm.architecture().flushesByInterrupt()) {
            mm.locklessWalks().sync();
        }
        mm.tlbFlush().flushRange(List.of(pmd));
        if (mm.tableWalk().isAwaitedByCollapse()) {
            mm.locklessWalks().sync();
        }
        Set<Folio> isolated = new LinkedHashSet<>();
        ScanResult result = isolate(vma, pmd, who, isolated, listed);
        if (result != ScanResult.SUCCEED) {
            isolated.forEach(folio -> folio.lock().unlock());
            pmd.reattach();
        }
        mm.anonVma().rwsem().upWrite();
        if (result == ScanResult.SUCCEED) {
            copy(pmd, huge);
            release(pmd);
            pmd.install(Pte.anonymous(huge, vma.has(VmFlag.WRITE)).permittedBy(vma));
        }
        return result;
    }

    /// Locks the pages, and looks whether only entries refer to them.
    ///
    /// @param isolated those that are locked afterwards
    @Models(file = "mm/khugepaged.c", symbol = "__collapse_huge_page_isolate")
    private ScanResult isolate(Vma vma, PmdSlot pmd, Who who, Set<Folio> isolated, Set<Folio> listed) {
        int shared = 0;
        int pages = 0;
        for (PteSlot slot : pmd.detached()) {
            ScanResult result = check(vma, slot.inTable());
            if (result == ScanResult.SUCCEED && isPage(slot.inTable())) {
                Folio folio = slot.presentInTable().folio().head();
                shared += who == Who.DAEMON && folio.readMappings() > 1 ? 1 : 0;
                pages++;
                result = isolated.contains(folio) ? ScanResult.SUCCEED : isolate(folio, isolated, listed);
            }
            if (result != ScanResult.SUCCEED) {
                return result;
            }
        }
        return judge(vma, who, pages, shared);
    }

    private ScanResult isolate(Folio folio, Set<Folio> isolated, Set<Folio> listed) {
        if (!folio.lock().tryLock()) {
            return ScanResult.PAGE_LOCK;
        }
        isolated.add(folio);
        return isListed(folio, listed) && isReferencedByEntriesOnly(folio) ? ScanResult.SUCCEED : ScanResult.PAGE_COUNT;
    }

    @Models(file = "mm/khugepaged.c", symbol = "__collapse_huge_page_copy")
    private static void copy(PmdSlot pmd, Folio huge) {
        for (PteSlot slot : pmd.detached()) {
            if (isPage(slot.inTable())) {
                int page = (int) ((slot.address() - pmd.address()) / Content.SIZE);
                slot.presentInTable().folio().data().copyTo(huge.page(page).data());
            }
        }
    }

    /// A huge page of which parts were mapped goes last, unlocked before.
    @Models(file = "mm/khugepaged.c", symbol = "__collapse_huge_page_copy_succeeded")
    private static void release(PmdSlot pmd) {
        Map<Folio, Integer> huge = new LinkedHashMap<>();
        for (PteSlot slot : pmd.detached()) {
            Pte.Present old = slot.presentInTable();
            slot.clearDetached();
            if (!old.special()) {
                Folio folio = old.folio();
                if (folio.isLarge()) {
                    huge.merge(folio.head(), 1, Integer::sum);
                } else {
                    folio.lock().unlock();
                    folio.putMapping();
                }
            }
        }
        huge.forEach((head, entries) -> {
            head.lock().unlock();
            head.putMappings(entries);
        });
    }
}
