package dev.faultline.kernel.syscall;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Mapping;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import java.util.Optional;

/// Which pages of a range are in memory: mm/mincore.c. One byte a page.
public class Mincore {
    /// The seam at which other forms plug in.
    public static final Part<Mincore> PART = new Part<>("syscall.Mincore", Mincore.class);

    /// Today's form.
    public Mincore() {}

    /// mincore(2). Looks at a page's worth of answers at a time with `mmap_lock` held for reading, and
    /// copies them to the program without it.
    @Models(file = "mm/mincore.c", symbol = "sys_mincore")
    public SysResult mincore(Process process, long start, long lengthBytes, long vector) {
        if (start % Content.SIZE != 0) {
            return SysResult.err(Errno.EINVAL);
        }
        if (start < 0 || lengthBytes < 0 || start > Mm.TASK_SIZE - lengthBytes) {
            return SysResult.err(Errno.ENOMEM);
        }
        long pages = (lengthBytes + Content.SIZE - 1) / Content.SIZE;
        if (vector < 0 || vector > Mm.TASK_SIZE - pages) {
            return SysResult.err(Errno.EFAULT);
        }
        for (long done = 0; done < pages; done += Content.SIZE) {
            int part = (int) Math.min(pages - done, Content.SIZE);
            Optional<Errno> error = answer(process, start + done * Content.SIZE, part, vector + done);
            if (error.isPresent()) {
                return SysResult.err(error.get());
            }
        }
        return SysResult.ZERO;
    }

    /// Answers for up to a page's worth of pages.
    protected Optional<Errno> answer(Process process, long start, int pages, long vector) {
        Content answers = new Content((byte) 0);
        process.mm().mmapLock().downRead();
        Optional<Errno> error = doMincore(process.mm(), start, pages, answers);
        process.mm().mmapLock().upRead();
        return error.isPresent() ? error : copyOut(process, answers, pages, vector);
    }

    /// Copies answers to the program. May fault and sleep.
    @Models(file = "lib/usercopy.c", symbol = "_copy_to_user")
    protected static Optional<Errno> copyOut(Process process, Content answers, int count, long vector) {
        int done = 0;
        while (done < count) {
            int part = (int) Math.min(count - done, Content.SIZE - (vector + done) % Content.SIZE);
            if (process.node().userMemory().access().copyToUser(vector + done, answers, done, part) != 0) {
                return Optional.of(Errno.EFAULT);
            }
            done += part;
        }
        return Optional.empty();
    }

    /// Fills `answers`. The caller holds `mmap_lock` for reading.
    @Models(file = "mm/mincore.c", symbol = "do_mincore")
    protected static Optional<Errno> doMincore(Mm mm, long start, int pages, Content answers) {
        for (int i = 0; i < pages; ) {
            long address = start + (long) i * Content.SIZE;
            Optional<Vma> vma = mm.vmaLookup(address);
            if (vma.isEmpty()) {
                return Optional.of(Errno.ENOMEM);
            }
            int alike = pagesOfOne(vma.get(), address, pages - i);
            boolean inMemory = isInMemory(vma.get(), address);
            for (int end = i + alike; i < end; i++) {
                answers.store(i, 1, inMemory ? 1 : 0);
            }
        }
        return Optional.empty();
    }

    /// {@return for how many pages from `address` on one look answers: those of a huge page of the pool}
    @Models(file = "mm/mincore.c", symbol = "mincore_hugetlb")
    private static int pagesOfOne(Vma vma, long address, int most) {
        long end = (address & -vma.pageBytes()) + vma.pageBytes();
        return (int) Math.min((end - address) / Content.SIZE, most);
    }

    private static boolean isInMemory(Vma vma, long address) {
        Pte pte = vma.mm().slot(address).read();
        if (pte instanceof Pte.Swap swap) {
            return vma.mm().swap().isCached(swap.entry());
        }
        if (pte instanceof Pte.Present || vma.hugetlb().isPresent()) {
            return pte instanceof Pte.Present;
        }
        return vma.file().map(Vma.FileArea::mapping).filter(mapping -> isCached(mapping, vma.pageIndex(address)))
                .isPresent();
    }

    private static boolean isCached(Mapping mapping, long index) {
        if (!(mapping instanceof AddressSpace space)) {
            return false;
        }
        Optional<Folio> folio = space.getFolio(index);
        boolean upToDate = folio.isPresent() && folio.get().flags().readBits(Folio.UPTODATE) != 0;
        folio.ifPresent(Folio::put);
        return upToDate;
    }
}
