package dev.faultline.kernel.fs.hugetlbfs;

import dev.faultline.kernel.fs.FileMode;
import dev.faultline.kernel.fs.FileOperations;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.Seals;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.VmOperations;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.SysResult;
import java.util.EnumSet;
import java.util.Optional;

/// What programs do with a file of huge pages (fs/hugetlbfs/inode.c): map it, above all.
final class HugetlbFile implements FileOperations {
    private static final int FALLOCATE_KNOWN = Fcntl.FALLOC_FL_KEEP_SIZE | Fcntl.FALLOC_FL_PUNCH_HOLE;
    private static final Seals SEALED = new NeverSealed();

    private final HugetlbInode inode;

    HugetlbFile(HugetlbInode inode) {
        this.inode = inode;
    }

    // ---- read and write ----

    /// Each page is looked up once; its bytes are copied without its lock.
    @Override
    @Models(file = "fs/hugetlbfs/inode.c", symbol = "hugetlbfs_read_iter")
    public SysResult readIter(Kiocb iocb, IovIter to) {
        long done = 0;
        while (to.count() > 0) {
            long index = iocb.pos() / HugetlbInode.BYTES;
            long end = Math.min(inode.mapping().iSize().read(), (index + 1) * HugetlbInode.BYTES);
            if (end <= iocb.pos()) {
                break;
            }
            Optional<Folio> folio = inode.lockFolio(index);
            folio.ifPresent(page -> page.lock().unlock());
            long bytes = Math.min(end - iocb.pos(), to.count());
            long copied = copyOut(folio, iocb.pos() % HugetlbInode.BYTES, bytes, to);
            folio.ifPresent(Folio::put);
            done += copied;
            iocb.setPos(iocb.pos() + copied);
            if (copied < bytes) {
                return done > 0 ? SysResult.ok(done) : SysResult.err(Errno.EFAULT);
            }
        }
        return SysResult.ok(done);
    }

    /// {@return the bytes copied of a page, or of a hole}
    private long copyOut(Optional<Folio> folio, long offset, long lengthBytes, IovIter to) {
        long done = 0;
        while (done < lengthBytes) {
            int within = (int) ((offset + done) % Content.SIZE);
            long part = Math.min(lengthBytes - done, Content.SIZE - within);
            Folio page = folio.isEmpty() ? inode.node().userMemory().memory().zeroPage()
                    : folio.get().page((int) ((offset + done) / Content.SIZE));
            long copied = to.copyFolioToIter(page, within, part);
            done += copied;
            if (copied < part) {
                break;
            }
        }
        return done;
    }

    /// There is no such thing.
    @Override
    public SysResult writeIter(Kiocb iocb, IovIter from) {
        return SysResult.err(Errno.EINVAL);
    }

    // ---- mappings ----

    @Override
    public EnumSet<VmFlag> areaFlags() {
        return EnumSet.of(VmFlag.HUGETLB);
    }

    @Override
    public VmOperations mmap(OpenFile file) {
        throw new IllegalStateException("a range is mapped");
    }

    @Override
    public Optional<Errno> mmapPrepare(long pos, long lengthBytes, EnumSet<VmFlag> flags) {
        boolean fits = pos % HugetlbInode.BYTES == 0 && pos <= Long.MAX_VALUE - lengthBytes;
        return fits ? Optional.empty() : Optional.of(Errno.EINVAL);
    }

    /// Sets pages aside, unless that is not wanted: for a shared mapping those that the file lacks, for a private one all. Takes
    /// and drops `i_rwsem` for writing.
    ///
    /// @return -ENOMEM if there are not so many
    @Override
    @Models(file = "fs/hugetlbfs/inode.c", symbol = "hugetlbfs_file_mmap")
    public Mapped mmap(OpenFile file, long pos, long lengthBytes, EnumSet<VmFlag> flags) {
        inode.iRwsem().downWrite();
        Optional<HugetlbVma> area = HugetlbVma.reservePages(inode, pos / HugetlbInode.BYTES,
                (pos + lengthBytes) / HugetlbInode.BYTES, flags);
        if (area.isPresent() && flags.contains(VmFlag.WRITE) && inode.mapping().iSize().read() < pos + lengthBytes) {
            inode.mapping().iSize().write(pos + lengthBytes);
        }
        inode.iRwsem().upWrite();
        return area.<Mapped>map(Mapped.With::new).orElse(new Mapped.Refused(Errno.ENOMEM));
    }

    // ---- the rest ----

    @Override
    public EnumSet<FileMode> modes() {
        return EnumSet.noneOf(FileMode.class);
    }

    @Override
    @Models(file = "fs/libfs.c", symbol = "noop_fsync")
    public Optional<Errno> fsync(OpenFile file) {
        return Optional.empty();
    }

    @Override
    @Models(file = "fs/hugetlbfs/inode.c", symbol = "hugetlbfs_setattr")
    public Optional<Errno> truncate(OpenFile file, long sizeBytes) {
        if (sizeBytes % HugetlbInode.BYTES != 0) {
            return Optional.of(Errno.EINVAL);
        }
        inode.iRwsem().downWrite();
        new HugetlbTruncate(inode).vmtruncate(sizeBytes);
        inode.iRwsem().upWrite();
        return Optional.empty();
    }

    @Override
    @Models(file = "fs/hugetlbfs/inode.c", symbol = "hugetlbfs_fallocate")
    public Optional<Errno> fallocate(OpenFile file, int mode, long offset, long lengthBytes) {
        if ((mode & ~FALLOCATE_KNOWN) != 0) {
            return Optional.of(Errno.EOPNOTSUPP);
        }
        inode.iRwsem().downWrite();
        Optional<Errno> error = Optional.empty();
        if ((mode & Fcntl.FALLOC_FL_PUNCH_HOLE) != 0) {
            new HugetlbTruncate(inode).punchHole(offset, offset + lengthBytes);
        } else {
            error = allocate(offset / HugetlbInode.BYTES, (offset + lengthBytes + HugetlbInode.BYTES - 1) / HugetlbInode.BYTES);
            boolean grows = error.isEmpty() && (mode & Fcntl.FALLOC_FL_KEEP_SIZE) == 0;
            if (grows && offset + lengthBytes > inode.mapping().iSize().read()) {
                inode.mapping().iSize().write(offset + lengthBytes);
            }
        }
        inode.iRwsem().upWrite();
        return error;
    }

    /// Pages that were made stay if there are no more.
    private Optional<Errno> allocate(long start, long end) {
        for (long index = start; index < end; index++) {
            inode.faultMutex(index).lock();
            boolean made = inode.mapping().isCached(index * HugetlbInode.PAGES) || allocatePage(index);
            inode.faultMutex(index).unlock();
            if (!made) {
                return Optional.of(Errno.ENOSPC);
            }
        }
        return Optional.empty();
    }

    private boolean allocatePage(long index) {
        Optional<Folio> folio = inode.reserve().allocate(index, false);
        if (folio.isPresent()) {
            inode.add(index, folio.get());
            folio.get().lock().unlock();
            folio.get().put();
        }
        return folio.isPresent();
    }

    @Override
    public Optional<Seals> seals() {
        return Optional.of(SEALED);
    }

    @Override
    public boolean wantsRelease() {
        return true;
    }

    @Override
    public void release(OpenFile file) {
        inode.closed();
    }

    /// A file is sealed against being sealed: others are left out.
    private static final class NeverSealed implements Seals {
        @Override
        public Optional<Errno> add(int seals) {
            return Optional.of(Errno.EPERM);
        }

        @Override
        public int get() {
            return Fcntl.F_SEAL_SEAL;
        }

        @Override
        public boolean mapWritable() {
            return true;
        }

        @Override
        public void unmapWritable() {}
    }
}
