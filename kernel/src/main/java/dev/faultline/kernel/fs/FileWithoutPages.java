package dev.faultline.kernel.fs;

import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.VmOperations;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.AddressSpaceOperations;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.shared.RwSemaphore;
import dev.faultline.machine.task.Machine;
import java.util.EnumSet;
import java.util.Optional;

/// A file that has no pages, no size and no position: all that is done with it are commands, and reads of messages.
public abstract class FileWithoutPages implements Inode, FileOperations, AddressSpaceOperations {
    private final AddressSpace mapping;
    private final RwSemaphore iRwsem;

    /// One with that name in reports.
    @SuppressWarnings("this-escape") // nobody asks for pages before the file is open
    protected FileWithoutPages(Machine machine, Object name) {
        this.mapping = new AddressSpace(machine, name, this, 0);
        this.iRwsem = new RwSemaphore(machine, "i_rwsem", name);
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
        return this;
    }

    @Override
    public SysResult readIter(Kiocb iocb, IovIter to) {
        return SysResult.err(Errno.EINVAL);
    }

    @Override
    public SysResult writeIter(Kiocb iocb, IovIter from) {
        return SysResult.err(Errno.EINVAL);
    }

    @Override
    public EnumSet<FileMode> modes() {
        return EnumSet.of(FileMode.STREAM, FileMode.NO_MMAP);
    }

    @Override
    public VmOperations mmap(OpenFile file) {
        throw new IllegalStateException("not to be mapped");
    }

    @Override
    public Optional<Errno> fsync(OpenFile file) {
        return Optional.of(Errno.EINVAL);
    }

    @Override
    public Optional<Errno> truncate(OpenFile file, long sizeBytes) {
        return Optional.of(Errno.EINVAL);
    }

    @Override
    public Optional<Errno> readFolio(AddressSpace space, Folio folio) {
        return Optional.of(Errno.EIO);
    }

    @Override
    public Optional<Errno> writeFolio(AddressSpace space, Folio folio) {
        return Optional.of(Errno.EIO);
    }
}
