package dev.faultline.kernel.fs;

import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.VmOperations;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.pagecache.Sought;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Poll;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.NotModelled;
import java.util.EnumSet;
import java.util.Optional;

/// What a file system does for open files (`struct file_operations`).
public interface FileOperations {
    /// Reads at [Kiocb#pos] and moves it on.
    ///
    /// @return the bytes read, 0 at the end of the file; an error
    SysResult readIter(Kiocb iocb, IovIter to);

    /// Writes at [Kiocb#pos] and moves it on.
    ///
    /// @return the bytes written; an error
    SysResult writeIter(Kiocb iocb, IovIter from);

    /// Looks at a range of the file before it is mapped; called with `mmap_lock` held for writing.
    ///
    /// @param flags what the area will be
    /// @return why it cannot be; nothing where it can
    default Optional<Errno> mmapPrepare(long pos, long lengthBytes, EnumSet<VmFlag> flags) {
        return Optional.empty();
    }

    /// Prepares mapping the file; called with `mmap_lock` held for writing.
    ///
    /// @return what handles faults
    VmOperations mmap(OpenFile file);

    /// What preparing a mapping came to.
    sealed interface Mapped {
        /// It can be.
        ///
        /// @param operations what handles faults
        record With(VmOperations operations) implements Mapped {}

        /// It cannot be.
        record Refused(Errno errno) implements Mapped {}
    }

    /// As [#mmap(OpenFile)], of a range that [#mmapPrepare] has looked at, where nothing else is mapped any more.
    default Mapped mmap(OpenFile file, long pos, long lengthBytes, EnumSet<VmFlag> flags) {
        return new Mapped.With(mmap(file));
    }

    /// Makes the file's data and size durable.
    ///
    /// @return the first error that was not reported through this open file yet
    Optional<Errno> fsync(OpenFile file);

    /// Makes the file `sizeBytes` long.
    ///
    /// @return nothing on success
    Optional<Errno> truncate(OpenFile file, long sizeBytes);

    /// {@return the first byte from `offset` on that is as sought; -ENXIO if there is none} A file system that does not know
    /// its holes has one, behind the end.
    @Models(file = "fs/read_write.c", symbol = "generic_file_llseek_size")
    default SysResult seek(OpenFile file, Sought sought, long offset) {
        long size = file.inode().mapping().iSize().read();
        boolean inFile = offset >= 0 && offset < size;
        return inFile ? SysResult.ok(sought == Sought.DATA ? offset : size) : SysResult.err(Errno.ENXIO);
    }

    /// {@return the seals of the file, if it is one that has some}
    default Optional<Seals> seals() {
        return Optional.empty();
    }

    /// Moves references to what the file has at [Kiocb#pos] into a pipe, which is locked, and moves it on.
    ///
    /// @return how many bytes they are, 0 at the end of the file; -EINVAL where no file of the sort does that
    default SysResult spliceRead(Kiocb iocb, PipeInodeInfo pipe, long lengthBytes) {
        return SysResult.err(Errno.EINVAL);
    }

    /// {@return whether a copy within the file system shares blocks, or is left to a server}
    default boolean copiesByItself() {
        return false;
    }

    /// {@return the pipe that the file is an end of, if it is one (`get_pipe_info`)}
    default Optional<PipeInodeInfo> pipe() {
        return Optional.empty();
    }

    /// Makes pages, or a hole. The numbers make sense.
    ///
    /// @param mode as fallocate(2) has it
    /// @return nothing on success
    default Optional<Errno> fallocate(OpenFile file, int mode, long offset, long lengthBytes) {
        throw new NotModelled("fallocate on " + file.inode().mapping());
    }

    /// {@return what an area that maps the file is besides what the program asked for} Ordinary files: nothing.
    default EnumSet<VmFlag> areaFlags() {
        return EnumSet.noneOf(VmFlag.class);
    }

    /// Called when an area that maps the file has been made, with `mmap_lock` held for writing: drivers fill
    /// the page table here.
    default void areaMade(Vma vma) {}

    /// A command of the driver's own.
    ///
    /// @param descriptors of the process that gives it
    /// @return -ENOTTY where there are none
    default SysResult ioctl(OpenFile file, Descriptors descriptors, long command, long argument) {
        return SysResult.err(Errno.ENOTTY);
    }

    /// {@return what the file is ready for (`POLL*`)} If that is nothing, `wait` is woken once it may be something.
    default int poll(OpenFile file, Optional<PollWait> wait) {
        return Poll.DEFAULT;
    }

    /// {@return whether somebody wants to know when the last descriptor is closed and no call uses the file} Never
    /// changes.
    default boolean wantsRelease() {
        return false;
    }

    /// Called when the last descriptor is closed and no call uses the file any more.
    default void release(OpenFile file) {}

    /// {@return the modes of open(2) beyond the access mode that the file system supports} (`FMODE_*`)
    default EnumSet<FileMode> modes() {
        return EnumSet.of(FileMode.CAN_ODIRECT);
    }
}
