package dev.faultline.kernel.syscall;

import dev.faultline.kernel.fs.Descriptors;
import dev.faultline.kernel.fs.FileMode;
import dev.faultline.kernel.fs.FileSystem;
import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.Seals;
import dev.faultline.kernel.fs.proc.ProcMem;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.iov.Segment;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.UserAccess;
import dev.faultline.kernel.pagecache.Sought;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.NotModelled;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// The calls on files (fs/open.c, fs/read_write.c, fs/sync.c).
final class FileCalls {
    private static final int PATH_MAX = 4096;
    private static final int MFD_NAME_MAX = 250; // with the zero at the end
    private static final int MFD_KNOWN =
            Mman.MFD_CLOEXEC | Mman.MFD_ALLOW_SEALING | Mman.MFD_NOEXEC_SEAL | Mman.MFD_EXEC;

    private final Kernel kernel;

    FileCalls(Kernel kernel) {
        this.kernel = kernel;
    }

    /// open(2), of a path in user memory.
    @Models(file = "fs/open.c", symbol = "do_sys_openat2")
    SysResult open(Process process, long pathAddress, int flags) {
        StringBuilder path = new StringBuilder();
        Optional<Errno> wrong = getName(process, pathAddress, path);
        if (wrong.isPresent()) {
            return SysResult.err(wrong.get());
        }
        return open(process, path.toString(), flags);
    }

    /// A descriptor is taken before the file is looked up, and given back if it cannot be opened.
    SysResult open(Process process, String path, int flags) {
        OptionalInt free = process.files().reserve();
        if (free.isEmpty()) {
            return SysResult.err(Errno.EMFILE);
        }
        int fd = free.getAsInt();
        return switch (lookup(process, path, flags)) {
            case FileSystem.Lookup.Failed(Errno errno) -> settled(process, fd, Optional.empty(), Optional.of(errno));
            case FileSystem.Lookup.Found(Inode inode) -> {
                OpenFile file = new OpenFile(kernel.machine(), inode, flags, kernel.mountPoint(path));
                yield settled(process, fd, Optional.of(file), doOpen(file));
            }
        };
    }

    private static SysResult settled(Process process, int fd, Optional<OpenFile> file, Optional<Errno> error) {
        process.files().settle(fd, error.isPresent() ? Optional.empty() : file);
        return error.map(SysResult::err).orElse(SysResult.ok(fd));
    }

    @Models(file = "fs/namei.c", symbol = "do_open")
    private static Optional<Errno> doOpen(OpenFile file) {
        EnumSet<FileMode> modes = file.inode().operations().modes();
        boolean truncates = file.has(Fcntl.O_TRUNC);
        if ((file.isWritable() || truncates) && modes.contains(FileMode.READ_ONLY)) {
            return Optional.of(Errno.EROFS);
        }
        if (file.has(Fcntl.O_DIRECT) && !modes.contains(FileMode.CAN_ODIRECT)) {
            return Optional.of(Errno.EINVAL);
        }
        // Whatever the access mode says.
        return truncates ? file.inode().operations().truncate(file, 0) : Optional.empty();
    }

    private FileSystem.Lookup lookup(Process process, String path, int flags) {
        return path.equals(ProcMem.PATH) ? new FileSystem.Lookup.Found(new ProcMem(process.node(), process.mm()))
                : kernel.lookup(process.node(), path, flags);
    }

    @Models(file = "fs/namei.c", symbol = "getname")
    private Optional<Errno> getName(Process process, long address, StringBuilder path) {
        Optional<Errno> wrong = getString(process, address, path, PATH_MAX);
        return wrong.isEmpty() && path.isEmpty() ? Optional.of(Errno.ENOENT) : wrong;
    }

    /// {@return -EFAULT; -EINVAL if the string and its end take more bytes}
    private static Optional<Errno> getString(Process process, long address, StringBuilder string, int mostBytes) {
        UserAccess access = process.node().userMemory().access();
        Content bytes = new Content((byte) 0);
        while (string.length() < mostBytes) {
            if (access.copyFromUser(bytes, 0, address + string.length(), 1) != 0) {
                return Optional.of(Errno.EFAULT);
            }
            if (bytes.get(0) == 0) {
                return Optional.empty();
            }
            string.append((char) bytes.get(0));
        }
        return Optional.of(Errno.EINVAL);
    }

    /// close(2).
    SysResult close(Process process, int fd) {
        Optional<OpenFile> file = process.files().remove(fd);
        file.ifPresent(OpenFile::put);
        return file.isPresent() ? SysResult.ZERO : SysResult.err(Errno.EBADF);
    }

    /// dup(2).
    @Models(file = "fs/file.c", symbol = "sys_dup")
    SysResult dup(Process process, int fd) {
        Optional<OpenFile> file = process.files().hold(fd);
        return file.map(open -> installed(process.files(), open)).orElse(SysResult.err(Errno.EBADF));
    }

    /// {@return the descriptor of a file, whose reference is given back if there is none: -EMFILE}
    private static SysResult installed(Descriptors files, OpenFile file) {
        OptionalInt fd = files.install(file);
        if (fd.isEmpty()) {
            file.put();
            return SysResult.err(Errno.EMFILE);
        }
        return SysResult.ok(fd.getAsInt());
    }

    /// ioctl(2).
    @Models(file = "fs/ioctl.c", symbol = "do_vfs_ioctl")
    SysResult ioctl(Process process, int fd, long command, long argument) {
        Optional<OpenFile> file = process.files().hold(fd);
        if (file.isEmpty()) {
            return SysResult.err(Errno.EBADF);
        }
        SysResult result = file.get().inode().operations().ioctl(file.get(), process.files(), command & 0xffff_ffffL, argument);
        file.get().put();
        return result;
    }

    /// read(2) and readv(2): at the position of the open file.
    @Models(file = "fs/read_write.c", symbol = "ksys_read")
    SysResult read(Process process, int fd, UserRanges ranges) {
        return atPosition(process, fd, IovIter.Direction.DESTINATION, ranges, 0);
    }

    /// write(2) and writev(2): at the position of the open file.
    @Models(file = "fs/read_write.c", symbol = "ksys_write")
    SysResult write(Process process, int fd, UserRanges ranges) {
        return atPosition(process, fd, IovIter.Direction.SOURCE, ranges, 0);
    }

    private SysResult atPosition(Process process, int fd, IovIter.Direction direction, UserRanges ranges,
            int rwFlags) {
        Optional<OpenFile> opened = process.files().hold(fd);
        if (opened.isEmpty()) {
            return SysResult.err(Errno.EBADF);
        }
        OpenFile file = opened.get();
        if (isStream(file)) {
            SysResult result = transfer(process, new Kiocb(file, 0, process.files()), direction, ranges, rwFlags);
            file.put();
            return result;
        }
        file.positionLock().lock();
        Kiocb iocb = new Kiocb(file, file.position().read());
        SysResult result = transfer(process, iocb, direction, ranges, rwFlags);
        if (result.isPositive()) {
            file.position().write(iocb.pos());
        }
        file.positionLock().unlock();
        return result;
    }

    private static boolean isStream(OpenFile file) {
        return file.inode().operations().modes().contains(FileMode.STREAM);
    }

    /// pread(2) and preadv(2).
    @Models(file = "fs/read_write.c", symbol = "ksys_pread64")
    SysResult pread(Process process, int fd, UserRanges ranges, long pos) {
        return at(process, fd, IovIter.Direction.DESTINATION, ranges, pos, 0);
    }

    /// pwrite(2) and pwritev(2).
    @Models(file = "fs/read_write.c", symbol = "ksys_pwrite64")
    SysResult pwrite(Process process, int fd, UserRanges ranges, long pos) {
        return at(process, fd, IovIter.Direction.SOURCE, ranges, pos, 0);
    }

    /// preadv2(2).
    ///
    /// @param pos -1 for the position of the open file
    @Models(file = "fs/read_write.c", symbol = "sys_preadv2")
    SysResult preadv2(Process process, int fd, UserRanges ranges, long pos, int rwFlags) {
        return withFlags(process, fd, IovIter.Direction.DESTINATION, ranges, pos, rwFlags);
    }

    /// pwritev2(2).
    ///
    /// @param pos -1 for the position of the open file
    @Models(file = "fs/read_write.c", symbol = "sys_pwritev2")
    SysResult pwritev2(Process process, int fd, UserRanges ranges, long pos, int rwFlags) {
        return withFlags(process, fd, IovIter.Direction.SOURCE, ranges, pos, rwFlags);
    }

    private SysResult withFlags(Process process, int fd, IovIter.Direction direction, UserRanges ranges, long pos, int rwFlags) {
        return pos == -1 ? atPosition(process, fd, direction, ranges, rwFlags) : at(process, fd, direction, ranges, pos, rwFlags);
    }

    private SysResult at(Process process, int fd, IovIter.Direction direction, UserRanges ranges, long pos, int rwFlags) {
        if (pos < 0) {
            return SysResult.err(Errno.EINVAL);
        }
        Optional<OpenFile> opened = process.files().get(fd);
        if (opened.isEmpty()) {
            return SysResult.err(Errno.EBADF);
        }
        if (isStream(opened.get())) {
            return SysResult.err(Errno.ESPIPE);
        }
        return transfer(process, new Kiocb(opened.get(), pos), direction, ranges, rwFlags);
    }

    @Models(file = "fs/read_write.c", symbol = "vfs_iter_rw")
    private static SysResult transfer(Process process, Kiocb iocb, IovIter.Direction direction, UserRanges ranges,
            int rwFlags) {
        boolean read = direction == IovIter.Direction.DESTINATION;
        OpenFile file = iocb.file();
        if (read ? !file.isReadable() : !file.isWritable()) {
            return SysResult.err(Errno.EBADF);
        }
        return switch (importRanges(process, iocb, direction, ranges)) {
            case Imported.Failed(Errno errno) -> SysResult.err(errno);
            case Imported.Iter(IovIter iter) when iter.count() == 0 && ranges instanceof UserRanges.Vector ->
                    SysResult.ZERO; // whatever the file and the flags say
            case Imported.Iter(IovIter iter) when rwFlags == 0 -> transfer(iocb, iter, read);
            case Imported.Iter(IovIter iter) -> iocb.setRwFlags(rwFlags, !read).map(SysResult::err)
                    .orElseGet(() -> transfer(iocb, iter, read));
        };
    }

    private static SysResult transfer(Kiocb iocb, IovIter iter, boolean read) {
        return read ? iocb.inode().operations().readIter(iocb, iter) : iocb.inode().operations().writeIter(iocb, iter);
    }

    /// The memory of a request, or what is wrong with it.
    sealed interface Imported {
        /// The memory.
        record Iter(IovIter iter) implements Imported {}

        /// Why not.
        record Failed(Errno errno) implements Imported {}
    }

    /// {@return the memory for a request, looked over}
    @Models(file = "fs/read_write.c", symbol = "rw_verify_area")
    static Imported importRanges(Process process, Kiocb iocb, IovIter.Direction direction, UserRanges ranges) {
        List<Segment> segments = new ArrayList<>(2);
        Optional<Errno> wrong = ranges.importInto(process, segments);
        if (wrong.isPresent()) {
            return new Imported.Failed(wrong.get());
        }
        long count = segments.stream().mapToLong(Segment::lengthBytes).sum();
        if (iocb.pos() < 0 || count > Long.MAX_VALUE - iocb.pos()) {
            return new Imported.Failed(Errno.EINVAL);
        }
        IovIter iter = new IovIter(process.node().userMemory(), process.node().parts(), direction, segments);
        iter.truncate(UserRanges.MAX_RW_BYTES);
        return new Imported.Iter(iter);
    }

    /// lseek(2).
    @Models(file = "fs/read_write.c", symbol = "ksys_lseek")
    SysResult lseek(Process process, int fd, long offset, int whence) {
        Optional<OpenFile> opened = process.files().get(fd);
        if (opened.isEmpty()) {
            return SysResult.err(Errno.EBADF);
        }
        OpenFile file = opened.get();
        if (isStream(file)) {
            boolean pipe = file.inode().operations().pipe().isPresent();
            return whence < 0 || whence > Fcntl.SEEK_HOLE ? SysResult.err(Errno.EINVAL)
                    : pipe ? SysResult.err(Errno.ESPIPE) : SysResult.ZERO; // noop_llseek
        }
        file.positionLock().lock();
        SysResult result = switch (whence) {
            case Fcntl.SEEK_SET -> inReach(file, 0, offset);
            case Fcntl.SEEK_CUR -> inReach(file, file.position().read(), offset);
            case Fcntl.SEEK_END -> inReach(file, file.inode().mapping().iSize().read(), offset);
            case Fcntl.SEEK_DATA -> file.inode().operations().seek(file, Sought.DATA, offset);
            case Fcntl.SEEK_HOLE -> file.inode().operations().seek(file, Sought.HOLE, offset);
            default -> SysResult.err(Errno.EINVAL);
        };
        if (result instanceof SysResult.Ok(long position) && position >= 0) {
            file.position().write(position);
        }
        file.positionLock().unlock();
        return result;
    }

    @Models(file = "fs/read_write.c", symbol = "vfs_setpos")
    private static SysResult inReach(OpenFile file, long base, long offset) {
        boolean outside = base + offset < 0 || base + offset > file.inode().maxBytes();
        return outside ? SysResult.err(Errno.EINVAL) : SysResult.ok(base + offset);
    }

    /// fsync(2) and fdatasync(2).
    @Models(file = "fs/sync.c", symbol = "do_fsync")
    SysResult fsync(Process process, int fd) {
        Optional<OpenFile> file = process.files().get(fd);
        if (file.isEmpty()) {
            return SysResult.err(Errno.EBADF);
        }
        return result(file.get().inode().operations().fsync(file.get()));
    }

    /// ftruncate(2).
    @Models(file = "fs/open.c", symbol = "do_sys_ftruncate")
    SysResult ftruncate(Process process, int fd, long sizeBytes) {
        if (sizeBytes < 0) {
            return SysResult.err(Errno.EINVAL);
        }
        Optional<OpenFile> file = process.files().get(fd);
        if (file.isEmpty()) {
            return SysResult.err(Errno.EBADF);
        }
        if (!file.get().isWritable()) {
            return SysResult.err(Errno.EINVAL);
        }
        if (sizeBytes > file.get().inode().maxBytes()) {
            return SysResult.err(Errno.EFBIG); // inode_newsize_ok
        }
        return result(file.get().inode().operations().truncate(file.get(), sizeBytes));
    }

    /// fcntl(2), for seals and the size of pipes.
    @Models(file = "mm/memfd.c", symbol = "memfd_fcntl")
    SysResult fcntl(Process process, int fd, int command, long argument) {
        Optional<OpenFile> file = process.files().get(fd);
        if (file.isEmpty()) {
            return SysResult.err(Errno.EBADF);
        }
        Optional<Seals> seals = file.get().inode().operations().seals();
        return switch (command) {
            case Fcntl.F_GET_SEALS -> seals.map(known -> SysResult.ok(known.get())).orElse(SysResult.err(Errno.EINVAL));
            case Fcntl.F_ADD_SEALS -> addSeals(file.get(), seals, (int) argument);
            case Fcntl.F_SETPIPE_SZ, Fcntl.F_GETPIPE_SZ -> PipeCalls.fcntl(file.get(), command, argument);
            default -> throw new NotModelled("the command " + command + " of fcntl");
        };
    }

    @Models(file = "mm/memfd.c", symbol = "memfd_add_seals")
    private static SysResult addSeals(OpenFile file, Optional<Seals> seals, int more) {
        if (!file.isWritable()) {
            return SysResult.err(Errno.EPERM);
        }
        if ((more & ~Fcntl.F_ALL_SEALS) != 0 || seals.isEmpty()) {
            return SysResult.err(Errno.EINVAL);
        }
        return result(seals.get().add(more));
    }

    /// memfd_create(2).
    @Models(file = "mm/memfd.c", symbol = "__do_sys_memfd_create")
    SysResult memfdCreate(Process process, long nameAddress, int flags) {
        boolean huge = (flags & Mman.MFD_HUGETLB) != 0;
        int known = huge ? MFD_KNOWN | Mman.MFD_HUGETLB | Mman.HUGE_MASK << Mman.HUGE_SHIFT : MFD_KNOWN;
        boolean both = (flags & Mman.MFD_EXEC) != 0 && (flags & Mman.MFD_NOEXEC_SEAL) != 0;
        if ((flags & ~known) != 0 || both) {
            return SysResult.err(Errno.EINVAL);
        }
        StringBuilder name = new StringBuilder();
        Optional<Errno> wrong = getString(process, nameAddress, name, MFD_NAME_MAX);
        if (wrong.isPresent()) {
            return SysResult.err(wrong.get());
        }
        if (huge) {
            return hugetlbFile(process, name.toString(), flags);
        }
        int seals = (flags & Mman.MFD_NOEXEC_SEAL) != 0 ? Fcntl.F_SEAL_EXEC
                : (flags & Mman.MFD_ALLOW_SEALING) != 0 ? 0 : Fcntl.F_SEAL_SEAL;
        return installed(process.files(), kernel.shmMount(process.node()).memfd(name.toString(), seals));
    }

    private SysResult hugetlbFile(Process process, String name, int flags) {
        if (!MemoryCalls.isHugeSize(flags)) {
            return SysResult.err(Errno.ENODEV);
        }
        if ((flags & (Mman.MFD_ALLOW_SEALING | Mman.MFD_NOEXEC_SEAL)) != 0) {
            throw new NotModelled("seals of a file of huge pages");
        }
        return installed(process.files(), kernel.hugetlbMount(process.node()).memfd(name));
    }

    /// fallocate(2).
    @Models(file = "fs/open.c", symbol = "ksys_fallocate")
    SysResult fallocate(Process process, int fd, int mode, long offset, long lengthBytes) {
        Optional<OpenFile> file = process.files().get(fd);
        if (file.isEmpty()) {
            return SysResult.err(Errno.EBADF);
        }
        return result(file.get().fallocate(mode, offset, lengthBytes));
    }

    private static SysResult result(Optional<Errno> error) {
        return error.isPresent() ? SysResult.err(error.get()) : SysResult.ZERO;
    }
}
