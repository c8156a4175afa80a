package dev.faultline.kernel.fs;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.MappedFile;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.shared.Mutex;
import dev.faultline.machine.task.Machine;
import java.util.Optional;

/// An open file (`struct file`): what descriptors stand for. Descriptors made by dup share one, and with it
/// the position.
public final class OpenFile implements MappedFile {
    private final Inode inode;
    private final int flags;
    private final Cell position;
    private final Mutex positionLock;
    private final Cell count;
    private final Cell splicedMode;
    private final String mountPoint;

    /// A file that is opened with those flags of open(2), at position 0, and that has no name.
    public OpenFile(Machine machine, Inode inode, int flags) {
        this(machine, inode, flags, "");
    }

    /// A file that is opened with those flags of open(2), at position 0.
    ///
    /// @param mountPoint where its file system is mounted
    public OpenFile(Machine machine, Inode inode, int flags, String mountPoint) {
        this.mountPoint = mountPoint;
        this.inode = inode;
        this.flags = flags;
        this.position = new Cell(machine, "f_pos", inode, 0);
        this.positionLock = new Mutex(machine, "f_pos_lock", inode);
        this.count = new Cell(machine, "f_count", inode, 1);
        this.splicedMode = new Cell(machine, "f_mode", inode, 0);
    }

    /// {@return the file}
    public Inode inode() {
        return inode;
    }

    /// {@return whether the two are files of one file system} Memory that is shared and has no name is one as well.
    public boolean isOnSameFileSystem(OpenFile other) {
        return mountPoint.equals(other.mountPoint);
    }

    /// {@return the flags of open(2)}
    public int flags() {
        return flags;
    }

    /// {@return whether that flag of open(2) is set}
    public boolean has(int flag) {
        return (flags & flag) == flag;
    }

    /// {@return whether the file may be read}
    public boolean isReadable() {
        return (flags & Fcntl.O_ACCMODE) != Fcntl.O_WRONLY;
    }

    /// {@return whether the file may be written}
    public boolean isWritable() {
        return (flags & Fcntl.O_ACCMODE) != Fcntl.O_RDONLY;
    }

    /// {@return whether requests may ask not to wait (`FMODE_NOWAIT`)} One step where it is the end of a pipe: see
    /// [#clearNowait].
    public boolean supportsNowait() {
        return inode.operations().modes().contains(FileMode.NOWAIT)
                && (inode.operations().pipe().isEmpty() || splicedMode.read() == 0);
    }

    /// The end of a pipe that splice(2) or vmsplice(2) uses takes requests that must not wait no more: splice may wait with
    /// the pipe locked. A step, and another one the first time.
    @Models(file = "fs/splice.c", symbol = "pipe_clear_nowait")
    public void clearNowait() {
        if (splicedMode.read() == 0) {
            splicedMode.write(1);
        }
    }

    /// {@return the position of read, write and lseek, in bytes; guarded by [#positionLock]}
    public Cell position() {
        return position;
    }

    /// {@return the lock of the position (`f_pos_lock`)}
    public Mutex positionLock() {
        return positionLock;
    }

    /// {@return whether descriptors and calls that use the file are counted: only where somebody wants to know}
    public boolean isCounted() {
        return inode.operations().wantsRelease();
    }

    /// {@return the descriptors of the file and the calls that use it (`f_count`)}
    public Cell count() {
        return count;
    }

    /// Counts one more for a new table of descriptors. No step: only who closes the file later looks at the count.
    public void getUnseen() {
        count.pokeUnseen(count.peek() + 1);
    }

    /// Counts one more, within a step that was announced as an addition to [#count].
    public void getWithinStep() {
        count.poke(count.peek() + 1);
    }

    /// Counts one less, and releases the file with the last one (`fput`). One step, and what releasing it takes.
    public void put() {
        if (!isCounted()) {
            return;
        }
        count.add(-1);
        if (count.peek() == 0) {
            inode.operations().release(this);
        }
    }

    @Override
    public Optional<Errno> fsync() {
        return inode.operations().fsync(this);
    }

    @Override
    public Optional<Errno> punchHole(long offset, long lengthBytes) {
        return fallocate(Fcntl.FALLOC_FL_PUNCH_HOLE | Fcntl.FALLOC_FL_KEEP_SIZE, offset, lengthBytes);
    }

    /// Makes pages, or a hole, if the file system does that.
    ///
    /// @param mode as fallocate(2) has it
    /// @return nothing on success
    @Models(file = "fs/open.c", symbol = "vfs_fallocate")
    public Optional<Errno> fallocate(int mode, long offset, long lengthBytes) {
        if (offset < 0 || lengthBytes <= 0) {
            return Optional.of(Errno.EINVAL);
        }
        if (!isFallocateMode(mode)) {
            return Optional.of(Errno.EOPNOTSUPP);
        }
        if (!isWritable()) {
            return Optional.of(Errno.EBADF);
        }
        if (!isRegular()) {
            return Optional.of(inode.operations().pipe().isPresent() ? Errno.ESPIPE : Errno.ENODEV);
        }
        return offset > inode.maxBytes() - lengthBytes ? Optional.of(Errno.EFBIG)
                : inode.operations().fallocate(this, mode, offset, lengthBytes);
    }

    /// {@return whether this is neither a device nor a file without a position}
    public boolean isRegular() {
        boolean device = inode.operations().areaFlags().stream()
                .anyMatch(flag -> flag == VmFlag.IO || flag == VmFlag.PFNMAP);
        return !device && !inode.operations().modes().contains(FileMode.STREAM);
    }

    private static boolean isFallocateMode(int mode) {
        boolean keeps = (mode & Fcntl.FALLOC_FL_KEEP_SIZE) != 0;
        return switch (mode & ~Fcntl.FALLOC_FL_KEEP_SIZE) {
            case 0, Fcntl.FALLOC_FL_UNSHARE_RANGE, Fcntl.FALLOC_FL_ZERO_RANGE -> true;
            case Fcntl.FALLOC_FL_PUNCH_HOLE -> keeps;
            case Fcntl.FALLOC_FL_COLLAPSE_RANGE, Fcntl.FALLOC_FL_INSERT_RANGE, Fcntl.FALLOC_FL_WRITE_ZEROES -> !keeps;
            default -> false;
        };
    }
}
