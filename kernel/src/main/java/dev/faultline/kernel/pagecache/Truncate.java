package dev.faultline.kernel.pagecache;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Rmap;
import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;

/// Taking pages out of the cache (mm/truncate.c). Page ranges are inclusive.
public final class Truncate {
    private Truncate() {}

    /// Takes the pages of a range out, unmapping them first; dirty ones stay.
    ///
    /// @return -EBUSY if one had to stay
    @Models(file = "mm/truncate.c", symbol = "invalidate_inode_pages2_range")
    public static Optional<Errno> invalidateInodePages2Range(AddressSpace mapping, long first, long last) {
        Optional<Errno> busy = Optional.empty();
        long end = Math.min(last, Writeback.lastPage(mapping));
        for (long index = mapping.nextIndex(first); index <= end; index = mapping.nextIndex(index + 1)) {
            Optional<Folio> cached = mapping.getFolio(index);
            if (cached.isPresent()) {
                if (!unmapInvalidate(mapping, cached.get(), index)) {
                    busy = Optional.of(Errno.EBUSY);
                }
                cached.get().put();
            }
        }
        return busy;
    }

    /// {@return whether the folio is out of the cache afterwards}
    @Models(file = "mm/truncate.c", symbol = "folio_unmap_invalidate")
    private static boolean unmapInvalidate(AddressSpace mapping, Folio folio, long index) {
        folio.lock().lock();
        if (!Filemap.isPartOf(folio, mapping)) {
            folio.lock().unlock();
            return true;
        }
        Writeback.waitForFolio(folio);
        Rmap.unmapMappingPages(mapping, index, index);
        boolean clean = folio.flags().readBits(Folio.DIRTY) == 0;
        if (clean) {
            mapping.remove(folio);
        }
        folio.lock().unlock();
        if (clean) {
            folio.put(); // the cache's reference
        }
        return clean;
    }

    /// Takes those pages of a range out that are clean, that nobody waits for, and that nobody else refers to:
    /// neither a task nor a page table.
    @Models(file = "mm/truncate.c", symbol = "invalidate_mapping_pages")
    public static void invalidateMappingPages(AddressSpace mapping, long first, long last) {
        long end = Math.min(last, Writeback.lastPage(mapping));
        for (long index = mapping.nextIndex(first); index <= end; index = mapping.nextIndex(index + 1)) {
            mapping.getFolio(index).ifPresent(folio -> {
                if (folio.lock().tryLock()) {
                    mappingEvictFolio(mapping, folio);
                    folio.lock().unlock();
                }
                folio.put();
            });
        }
    }

    /// Takes a page out that is clean, and that nobody else refers to. The caller holds the folio lock and a reference.
    @Models(file = "mm/truncate.c", symbol = "mapping_evict_folio")
    static void mappingEvictFolio(AddressSpace mapping, Folio folio) {
        if (Filemap.isPartOf(folio, mapping)
                && folio.flags().readBits(Folio.DIRTY | Folio.WRITEBACK) == 0
                && mapping.removeIfUnused(folio)) {
            folio.put(); // the cache's reference
        }
    }

    /// Takes all pages from `startByte` on out, dirty or not; a page that the start is in the middle of is
    /// zeroed behind it. The caller keeps pages from being added: `invalidate_lock` held for writing, or
    /// the file no longer has those bytes.
    @Models(file = "mm/truncate.c", symbol = "truncate_pagecache")
    public static void truncatePagecache(AddressSpace mapping, long startByte) {
        long firstWhole = Content.pages(startByte);
        Rmap.unmapMappingRange(mapping, firstWhole, Long.MAX_VALUE / Content.SIZE);
        int tail = (int) (startByte % Content.SIZE);
        if (tail != 0) {
            zeroPart(mapping, startByte / Content.SIZE, tail, Content.SIZE - tail);
        }
        for (long index = mapping.nextIndex(firstWhole); index <= mapping.lastIndex(); index = mapping.nextIndex(index + 1)) {
            mapping.getFolio(index).ifPresent(folio -> truncateFolio(mapping, folio));
        }
        // Pages may have been mapped again by faults that had found them before they went.
        Rmap.unmapMappingRange(mapping, firstWhole, Long.MAX_VALUE / Content.SIZE);
    }

    /// Takes the pages of a range of bytes out, dirty or not; pages that it only reaches into are zeroed there. Copies
    /// that private mappings made stay. The caller holds `invalidate_lock` for writing.
    ///
    /// @param endByte behind the last one
    @Models(file = "mm/truncate.c", symbol = "truncate_pagecache_range")
    public static void truncatePagecacheRange(AddressSpace mapping, long startByte, long endByte) {
        long firstWhole = Content.pages(startByte);
        long lastWhole = endByte / Content.SIZE - 1;
        if (firstWhole <= lastWhole) {
            Rmap.unmapMappingPages(mapping, firstWhole, lastWhole);
        }
        zeroPartOfPages(mapping, startByte, endByte);
        long last = Math.min(lastWhole, mapping.lastIndex());
        for (long index = mapping.nextIndex(firstWhole); index <= last; index = mapping.nextIndex(index + 1)) {
            mapping.getFolio(index).ifPresent(folio -> truncateFolio(mapping, folio));
        }
    }

    private static void zeroPartOfPages(AddressSpace mapping, long startByte, long endByte) {
        long first = startByte / Content.SIZE;
        long last = endByte / Content.SIZE;
        int from = (int) (startByte % Content.SIZE);
        int to = (int) (endByte % Content.SIZE);
        if (first == last) {
            zeroPart(mapping, first, from, to - from);
            return;
        }
        if (from != 0) {
            zeroPart(mapping, first, from, Content.SIZE - from);
        }
        if (to != 0) {
            zeroPart(mapping, last, 0, to);
        }
    }

    private static void zeroPart(AddressSpace mapping, long index, int offset, int lengthBytes) {
        mapping.getFolio(index).ifPresent(folio -> {
            folio.lock().lock();
            if (Filemap.isPartOf(folio, mapping)) {
                Writeback.waitForFolio(folio);
                folio.data().zero(offset, lengthBytes);
            }
            folio.lock().unlock();
            folio.put();
        });
    }

    private static void truncateFolio(AddressSpace mapping, Folio folio) {
        folio.lock().lock();
        if (Filemap.isPartOf(folio, mapping)) {
            Writeback.waitForFolio(folio);
            truncateInodeFolio(mapping, folio);
        }
        folio.lock().unlock();
        folio.put();
    }

    /// Unmaps a folio and takes it out of the cache, dirty or not. The caller holds the folio lock and a reference, and
    /// the folio is part of the file, the first page of it if it is huge.
    @Models(file = "mm/truncate.c", symbol = "truncate_inode_folio")
    public static void truncateInodeFolio(AddressSpace mapping, Folio folio) {
        Rmap.unmapMappingPages(mapping, folio.index(), folio.nextIndex() - 1);
        folio.flags().clearBits(Folio.DIRTY);
        mapping.remove(folio);
        folio.put(); // the cache's reference
    }
}
