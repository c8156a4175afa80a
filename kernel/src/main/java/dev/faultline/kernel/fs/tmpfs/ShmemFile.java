package dev.faultline.kernel.fs.tmpfs;

import dev.faultline.kernel.fs.FileOperations;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.PipeInodeInfo;
import dev.faultline.kernel.fs.Seals;
import dev.faultline.kernel.fs.SpliceRead;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.CollapsibleFile;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Rmap;
import dev.faultline.kernel.mm.UserfaultPages;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.VmOperations;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Filemap;
import dev.faultline.kernel.pagecache.GenericWrite;
import dev.faultline.kernel.pagecache.Sought;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.SysResult;
import java.util.EnumSet;
import java.util.Optional;

/// Reading, writing and mapping files of tmpfs. O_DIRECT is accepted and changes nothing.
final class ShmemFile implements FileOperations, VmOperations, GenericWrite.PageWriter {
    private final ShmemInode inode;

    ShmemFile(ShmemInode inode) {
        this.inode = inode;
    }

    private AddressSpace mapping() {
        return inode.mapping();
    }

    @Override
    public EnumSet<VmFlag> areaFlags() {
        return EnumSet.of(VmFlag.TAGS_ALLOWED);
    }

    // ---- read ----

    /// Takes no lock of the inode; a page is locked while it is looked up, and not any more while it is copied.
    @Override
    @Models(file = "mm/shmem.c", symbol = "shmem_file_read_iter")
    public SysResult readIter(Kiocb iocb, IovIter to) {
        long done = 0;
        while (iocb.pos() < mapping().iSize().read()) {
            Optional<Folio> folio = Optional.empty();
            switch (inode.pages().getFolio(iocb.pos() / Content.SIZE, Shmem.Intent.READ)) {
                case Shmem.Got.Page(Folio page) -> {
                    page.lock().unlock();
                    folio = Optional.of(page);
                }
                case Shmem.Got.Failed(Errno errno) -> {
                    // -EINVAL: the file has become shorter
                    return done > 0 || errno == Errno.EINVAL ? SysResult.ok(done) : SysResult.err(errno);
                }
                case Shmem.Got.Hole _, Shmem.Got.Handled _ -> { }
            }
            long left = mapping().iSize().read() - iocb.pos(); // only now, as a truncation is not kept out
            if (left <= 0) {
                folio.ifPresent(Folio::put);
                break;
            }
            int offset = (int) (iocb.pos() % Content.SIZE);
            long bytes = Math.min(Math.min(left, to.count()), Content.SIZE - offset);
            long copied = to.copyFolioToIter(folio.orElseGet(this::zeroPage), offset, bytes);
            folio.ifPresent(Folio::put);
            done += copied;
            iocb.setPos(iocb.pos() + copied);
            if (to.count() == 0) {
                break;
            }
            if (copied < bytes) {
                return done > 0 ? SysResult.ok(done) : SysResult.err(Errno.EFAULT);
            }
        }
        return SysResult.ok(done);
    }

    /// A hole is zeroes that are nobody's: what is written there later is not seen in the pipe.
    @Override
    @Models(file = "mm/shmem.c", symbol = "shmem_file_splice_read")
    public SysResult spliceRead(Kiocb iocb, PipeInodeInfo pipe, long lengthBytes) {
        long start = iocb.pos();
        while (iocb.pos() < start + lengthBytes && iocb.pos() < mapping().iSize().read()) {
            Shmem.Got got = inode.pages().getFolio(iocb.pos() / Content.SIZE, Shmem.Intent.READ);
            if (got instanceof Shmem.Got.Failed(Errno errno)) {
                // -EINVAL: the file has become shorter
                return iocb.pos() > start || errno == Errno.EINVAL ? SysResult.ok(iocb.pos() - start) : SysResult.err(errno);
            }
            Optional<Folio> folio = got instanceof Shmem.Got.Page(Folio page) ? Optional.of(page) : Optional.empty();
            folio.ifPresent(page -> page.lock().unlock());
            long end = Math.min(start + lengthBytes, mapping().iSize().read()); // only now, as a truncation is not kept out
            if (end <= iocb.pos()) {
                folio.ifPresent(Folio::put);
                break;
            }
            if (folio.isPresent()) {
                SpliceRead.folioIntoPipe(iocb, pipe, folio.get(), end);
            } else {
                SpliceRead.zeroesIntoPipe(iocb, pipe, end);
            }
            if (pipe.isFull()) {
                break;
            }
        }
        return SysResult.ok(iocb.pos() - start);
    }

    private Folio zeroPage() {
        return inode.node().userMemory().memory().zeroPage();
    }

    // ---- write ----

    @Override
    @Models(file = "mm/shmem.c", symbol = "shmem_file_write_iter")
    public SysResult writeIter(Kiocb iocb, IovIter from) {
        inode.iRwsem().downWrite();
        Optional<Errno> refused = iocb.writeChecks(from);
        SysResult written = refused.isPresent() ? SysResult.err(refused.get())
                : GenericWrite.perform(inode.node().machine(), from, iocb.pos(), this);
        iocb.setPos(iocb.pos() + written.bytes());
        inode.iRwsem().upWrite();
        return written;
    }

    @Override
    @Models(file = "mm/shmem.c", symbol = "shmem_write_begin")
    public GenericWrite.Begin begin(long pos, int lengthBytes) {
        int seals = inode.seals().get();
        boolean sealed = (seals & ShmemSeals.NO_WRITES) != 0
                || (seals & Fcntl.F_SEAL_GROW) != 0 && pos + lengthBytes > mapping().iSize().read();
        if (sealed) {
            return new GenericWrite.Begin.Failed(Errno.EPERM);
        }
        return switch (inode.pages().getFolio(pos / Content.SIZE, Shmem.Intent.WRITE, pos + lengthBytes, Optional.empty())) {
            case Shmem.Got.Page(Folio folio) -> new GenericWrite.Begin.Ready(folio);
            case Shmem.Got.Failed(Errno errno) -> new GenericWrite.Begin.Failed(errno);
            case Shmem.Got.Hole _, Shmem.Got.Handled _ -> throw new AssertionError("a page to write is made");
        };
    }

    /// The size moves first, then the rest of a page that is new becomes zeroes. All that was copied counts; where
    /// nothing was, behind the end of the file, the file ends where the write began.
    @Override
    @Models(file = "mm/shmem.c", symbol = "shmem_write_end")
    public int end(long pos, int lengthBytes, int copied, Folio folio) {
        if (pos + copied > mapping().iSize().read()) {
            mapping().iSize().write(pos + copied);
        }
        if (folio.flags().readBits(Folio.UPTODATE) == 0) {
            int offset = (int) (pos % Content.SIZE);
            if (copied < Content.SIZE) {
                folio.data().zeroSegments(offset, copied);
            }
            folio.flags().setBits(Folio.UPTODATE);
        }
        folio.flags().setBits(Folio.DIRTY);
        folio.lock().unlock();
        folio.put();
        return copied;
    }

    // ---- mappings ----

    @Override
    @Models(file = "mm/shmem.c", symbol = "shmem_mmap")
    public VmOperations mmap(OpenFile file) {
        return this;
    }

    @Override
    @Models(file = "mm/shmem.c", symbol = "shmem_fault")
    public VmFaultResult fault(VmFault fault) {
        Optional<VmFaultResult> keptOut = inode.holePunch().keepOut(fault, inode.falloc(), inode.iRwsem());
        if (keptOut.isPresent()) {
            return keptOut.get();
        }
        return switch (inode.pages().getFolio(fault.pageIndex(), Shmem.Intent.CACHE, 0, Optional.of(fault))) {
            case Shmem.Got.Page(Folio folio) -> {
                fault.setFolio(folio);
                yield VmFaultResult.LOCKED;
            }
            case Shmem.Got.Handled(VmFaultResult result) -> result;
            case Shmem.Got.Failed(Errno errno) -> errno == Errno.ENOMEM ? VmFaultResult.OOM : VmFaultResult.SIGBUS;
            case Shmem.Got.Hole _ -> throw new AssertionError("a page to map is made");
        };
    }

    @Override
    public VmFaultResult mapPages(VmFault fault) {
        return inode.node().filemap().mapPages(fault, mapping());
    }

    @Override
    public boolean wantsPageMkwrite() {
        return false;
    }

    @Override
    public VmFaultResult pageMkwrite(VmFault fault) {
        throw new AssertionError("shmem has no page_mkwrite");
    }

    @Override
    public Optional<CollapsibleFile> collapsible() {
        return Optional.of(new ShmemCollapse(inode));
    }

    @Override
    public Optional<UserfaultPages> userfaultPages() {
        return Optional.of(inode.pages());
    }

    // ---- the rest ----

    /// There is nothing that could become durable.
    @Override
    @Models(file = "fs/libfs.c", symbol = "noop_fsync")
    public Optional<Errno> fsync(OpenFile file) {
        return Optional.empty();
    }

    @Override
    @Models(file = "mm/shmem.c", symbol = "shmem_setattr")
    public Optional<Errno> truncate(OpenFile file, long sizeBytes) {
        inode.iRwsem().downWrite();
        long before = mapping().iSize().read();
        int sealed = inode.seals().get();
        if (sizeBytes < before && (sealed & Fcntl.F_SEAL_SHRINK) != 0
                || sizeBytes > before && (sealed & Fcntl.F_SEAL_GROW) != 0) {
            inode.iRwsem().upWrite();
            return Optional.of(Errno.EPERM);
        }
        if (sizeBytes != before) {
            mapping().iSize().write(sizeBytes);
        }
        if (sizeBytes <= before) {
            shrink(sizeBytes, before);
        }
        inode.iRwsem().upWrite();
        return Optional.empty();
    }

    @Override
    public Optional<Seals> seals() {
        return Optional.of(inode.seals());
    }

    /// Pages that fallocate(2) made are holes until they are written.
    @Override
    @Models(file = "mm/shmem.c", symbol = "shmem_file_llseek")
    public SysResult seek(OpenFile file, Sought sought, long offset) {
        if (offset < 0) {
            return SysResult.err(Errno.ENXIO);
        }
        inode.iRwsem().downWrite();
        long size = mapping().iSize().read();
        long found = sought.inCache(mapping(), offset, size);
        inode.iRwsem().upWrite();
        boolean none = offset >= size || sought == Sought.DATA && found == size;
        return none ? SysResult.err(Errno.ENXIO) : SysResult.ok(found);
    }

    @Override
    public Optional<Errno> fallocate(OpenFile file, int mode, long offset, long lengthBytes) {
        return new ShmemFallocate(inode).fallocate(mode, offset, lengthBytes);
    }

    private void shrink(long sizeBytes, long before) {
        long firstGone = Content.pages(sizeBytes);
        boolean pagesGo = before > firstGone * Content.SIZE;
        if (pagesGo) {
            Rmap.unmapMappingRange(mapping(), firstGone, Long.MAX_VALUE / Content.SIZE);
        }
        if (inode.blocks().isAlloced()) {
            ShmemTruncate.truncate(inode, sizeBytes, before);
        }
        if (pagesGo) { // copies that private mappings have made of pages meanwhile
            Rmap.unmapMappingRange(mapping(), firstGone, Long.MAX_VALUE / Content.SIZE);
        }
    }
}
