package dev.faultline.kernel.fs.hugetlbfs;

import dev.faultline.kernel.fs.FileOperations;
import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.AddressSpaceOperations;
import dev.faultline.kernel.pagecache.Filemap;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.shared.Mutex;
import dev.faultline.machine.shared.RwSemaphore;
import dev.faultline.machine.task.RetryLoop;
import java.util.Optional;
import java.util.TreeMap;

/// A file of huge pages. It has no name: it goes when it is closed and nothing maps it. Indices are huge pages, where not said
/// otherwise.
final class HugetlbInode implements Inode, AddressSpaceOperations {
    /// The bytes of a huge page.
    static final long BYTES = 1L << 21;

    /// The small pages of one.
    static final long PAGES = BYTES / Content.SIZE;

    private final Node node;
    private final HugetlbPool pool;
    private final AddressSpace mapping;
    private final RwSemaphore iRwsem;
    private final ResvMap resvMap;
    private final HugetlbFile operations;

    /// By index: who serves a fault in a page, or takes it out (`hugetlb_fault_mutex_table`). Linux has a fixed number, so that
    /// pages may share one.
    private final TreeMap<Long, Mutex> faultMutexes = new TreeMap<>();

    /// Whether nobody has the file open, and whether it is gone.
    private final Cell closed;
    private final Cell evicted;

    HugetlbInode(Node node, HugetlbPool pool, String name) {
        this.node = node;
        this.pool = pool;
        this.mapping = new AddressSpace(node.machine(), name, this, 0);
        mapping.setLargeFolios();
        this.iRwsem = new RwSemaphore(node.machine(), "i_rwsem", name);
        this.resvMap = new ResvMap(node.machine(), name);
        this.closed = new Cell(node.machine(), "f_count is 0", name, 0);
        this.evicted = new Cell(node.machine(), "I_FREEING", name, 0);
        this.operations = new HugetlbFile(this);
    }

    Node node() {
        return node;
    }

    HugetlbPool pool() {
        return pool;
    }

    /// {@return the promises of the file}
    ResvMap resvMap() {
        return resvMap;
    }

    /// {@return how pages are had that become part of the file}
    HugetlbReserve reserve() {
        return new HugetlbReserve(pool, Optional.of(resvMap), true);
    }

    /// {@return the lock of faults in that page}
    @Models(file = "mm/hugetlb.c", symbol = "hugetlb_fault_mutex_hash")
    Mutex faultMutex(long index) {
        return faultMutexes.computeIfAbsent(index, at -> new Mutex(mapping, at + 1, "hugetlb_fault_mutex_table", mapping));
    }

    /// {@return the page with that index, locked and with a reference for the caller, if the file has it}
    @Models(file = "include/linux/hugetlb.h", symbol = "filemap_lock_hugetlb_folio")
    Optional<Folio> lockFolio(long index) {
        RetryLoop loop = node.machine().retryLoop("filemap_lock_hugetlb_folio");
        for (;;) {
            Optional<Folio> folio = mapping.getFolio(index * PAGES);
            folio.ifPresent(page -> page.lock().lock());
            if (folio.isEmpty() || Filemap.isPartOf(folio.get(), mapping)) {
                return folio;
            }
            folio.get().lock().unlock(); // taken out meanwhile
            folio.get().put();
            loop.again();
        }
    }

    /// Makes a page that nobody else knows a part of the file, and locks it. The caller holds [#faultMutex].
    ///
    /// @return whether the file had none there
    @Models(file = "mm/hugetlb.c", symbol = "hugetlb_add_to_page_cache")
    boolean add(long index, Folio folio) {
        folio.lock().lockUnpublished();
        folio.flags().pokeUnseen(Folio.UPTODATE | Folio.DIRTY);
        if (!mapping.add(index * PAGES, folio)) {
            folio.lock().unlock();
            return false;
        }
        pool.clearRestoring(folio);
        return true;
    }

    /// {@return the end of the file, in whole huge pages} One step.
    long sizeInPages() {
        return mapping.iSize().read() / BYTES;
    }

    /// The file is not open from the start: only areas map it.
    void neverOpen() {
        closed.pokeUnseen(1);
    }

    /// Nobody has the file open any more.
    void closed() {
        closed.write(1);
        evictIfUnused();
    }

    /// Takes everything out if nobody can reach the file any more: it is closed and nothing maps it. Who comes to be last of
    /// all sees both.
    void evictIfUnused() {
        if (closed.read() == 0) {
            return;
        }
        mapping.iMmapRwsem().downRead();
        boolean unused = mapping.areas().isEmpty();
        mapping.iMmapRwsem().upRead();
        if (unused && evicted.compareAndSet(0, 1)) {
            new HugetlbTruncate(this).evict();
        }
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

    @Override
    public Optional<Errno> readFolio(AddressSpace space, Folio folio) {
        throw new AssertionError("pages of hugetlbfs are never read from anywhere");
    }

    @Override
    public Optional<Errno> writeFolio(AddressSpace space, Folio folio) {
        throw new AssertionError("pages of hugetlbfs are never written anywhere");
    }
}
