package dev.faultline.kernel.fs.tmpfs;

import dev.faultline.kernel.fs.FileOperations;
import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.AddressSpaceOperations;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.shared.RwSemaphore;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A file of a tmpfs.
final class ShmemInode implements Inode, AddressSpaceOperations {
    private final Node node;
    private final AddressSpace mapping;
    private final RwSemaphore iRwsem;
    private final ShmemBlocks blocks;
    private final Shmem pages;
    private final ShmemFile operations;
    private final ShmemFalloc falloc;
    private final ShmemSeals seals;
    private final ShmemSwap swap;
    private final HolePunch holePunch;
    private final ShmemAccounting accounting;
    private final ShmemHuge huge;

    /// Behind the last page that fallocate(2) has made, if that is behind the end of the file; looked at only where pages
    /// may be huge. Guarded by [#iRwsem].
    private final Cell fallocend;

    /// @param huge where its pages may be huge
    ShmemInode(Node node, String path, BlockLimit limit, ShmemHuge huge) {
        this.node = node;
        this.mapping = AddressSpace.counted(node.machine(), path, this);
        this.huge = huge;
        this.fallocend = new Cell(node.machine(), "fallocend", path, 0);
        if (huge.isOn()) {
            mapping.setLargeFolios();
        }
        this.iRwsem = new RwSemaphore(node.machine(), "i_rwsem", path);
        this.blocks = new ShmemBlocks(node.machine(), path, limit, mapping.nrpages());
        this.pages = new Shmem(this);
        this.operations = new ShmemFile(this);
        this.swap = new ShmemSwap(this);
        this.seals = new ShmemSeals(this, path);
        this.falloc = new ShmemFalloc(node.machine(), path);
        this.holePunch = node.parts().get(HolePunch.PART, HolePunch::new);
        this.accounting = node.parts().get(ShmemAccounting.PART, ShmemAccounting::new);
    }

    Node node() {
        return node;
    }

    ShmemBlocks blocks() {
        return blocks;
    }

    /// {@return what finds and makes the pages of the file}
    Shmem pages() {
        return pages;
    }

    ShmemSwap swap() {
        return swap;
    }

    ShmemSeals seals() {
        return seals;
    }

    /// {@return what fallocate(2) is doing}
    ShmemFalloc falloc() {
        return falloc;
    }

    HolePunch holePunch() {
        return holePunch;
    }

    /// {@return in which order pages are moved and counted}
    ShmemAccounting accounting() {
        return accounting;
    }

    /// {@return where its pages may be huge}
    ShmemHuge huge() {
        return huge;
    }

    Cell fallocend() {
        return fallocend;
    }

    @Override
    public AddressSpace mapping() {
        return mapping;
    }

    @Override
    public RwSemaphore iRwsem() {
        return iRwsem;
    }

    @Override
    public FileOperations operations() {
        return operations;
    }

    /// Pages are made, never read.
    @Override
    public Optional<Errno> readFolio(AddressSpace space, Folio folio) {
        throw new AssertionError("shmem has no read_folio");
    }

    /// Nothing is written back: only swap takes pages.
    @Override
    public Optional<Errno> writeFolio(AddressSpace space, Folio folio) {
        throw new AssertionError("shmem writes to swap only");
    }

    @Override
    public boolean isSwapBacked() {
        return true;
    }

    @Override
    public void reclaim(AddressSpace space, Folio folio) {
        swap.reclaim(folio);
    }

    void format(long sizeBytes, Optional<Byte> fill) {
        mapping.iSize().poke(sizeBytes);
        if (fill.isEmpty()) {
            return;
        }
        for (long index = 0; index * Content.SIZE < sizeBytes; index++) {
            if (mapping.peek(index).isEmpty()) {
                place(index, sizeBytes);
            }
            mapping.peek(index).orElseThrow().data().content()
                    .fill(0, (int) Math.min(Content.SIZE, sizeBytes - index * Content.SIZE), fill.get());
        }
    }

    private void place(long index, long sizeBytes) {
        Optional<Folio> head = huge.placesAt(index, sizeBytes, blocks.limit()) ? node.physical().allocateHuge("shmem") : Optional.empty();
        Folio folio = head.orElseGet(() -> node.physical().allocate("shmem"));
        folio.flags().poke(Folio.UPTODATE | Folio.DIRTY);
        mapping.place(index, folio);
        folio.putUnseen();
        blocks.place(folio.nextIndex() - index);
    }

    /// The last reference is gone: takes everything back.
    ///
    /// @return the blocks that stay behind
    @Models(file = "mm/shmem.c", symbol = "shmem_evict_inode")
    private Optional<Finding> evict() {
        ShmemTruncate.truncate(this, 0, mapping.iSize().peek());
        return blocks.leftBehind().map(what -> new Finding(Kind.LEAK, mapping + " was evicted with " + what));
    }

    /// Evicts the file, when all is quiet.
    ///
    /// @return what is wrong: blocks that do not agree, and pages that reclaim might lose
    List<Finding> checkQuiescent() {
        List<Finding> found = new ArrayList<>();
        blocks.disagreement().ifPresent(what -> found.add(new Finding(Kind.LEAK, mapping + ": " + what)));
        for (long index = 0; index <= mapping.lastIndex(); index = mapping.nextIndex(index + 1)) {
            mapping.peek(index).ifPresent(folio -> check(folio, found));
        }
        evict().ifPresent(found::add);
        return found;
    }

    private static void check(Folio folio, List<Finding> found) {
        boolean clean = (folio.flags().peek() & Folio.DIRTY) == 0;
        if (clean && folio.data().content().hash() != 0) {
            found.add(new Finding(Kind.CORRUPTION, folio + " is clean, but its bytes are nowhere else"));
        }
    }
}
