package dev.faultline.kernel.fs.chardev;

import dev.faultline.kernel.fs.FileMode;
import dev.faultline.kernel.fs.FileOperations;
import dev.faultline.kernel.fs.Inode;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.VmOperations;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.AddressSpaceOperations;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.shared.RwSemaphore;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/// A device whose memory a driver maps with `remap_pfn_range`: the entries are there from the start, are
/// special, and have no `struct page` to use.
public final class MemoryDevice implements Inode, FileOperations, VmOperations, AddressSpaceOperations {
    private final Node node;
    private final String path;
    private final VmFlag sort;
    private final AddressSpace mapping;
    private final RwSemaphore iRwsem;
    private final List<Folio> memory = new ArrayList<>();

    /// A device with as much memory as is mapped.
    ///
    /// @param sort [VmFlag#PFNMAP] or [VmFlag#IO]: what its areas are marked as
    public MemoryDevice(Node node, String path, VmFlag sort) {
        this.node = node;
        this.path = path;
        this.sort = sort;
        this.mapping = new AddressSpace(node.machine(), path, this, 0);
        this.iRwsem = new RwSemaphore(node.machine(), "i_rwsem", path);
    }

    /// {@return whether the page frame is memory of this device}
    public boolean owns(Folio folio) {
        return memory.contains(folio);
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
    public VmOperations mmap(OpenFile file) {
        return this;
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
    public EnumSet<FileMode> modes() {
        return EnumSet.noneOf(FileMode.class);
    }

    @Override
    public EnumSet<VmFlag> areaFlags() {
        return EnumSet.of(sort);
    }

    @Override
    @Models(file = "mm/memory.c", symbol = "remap_pfn_range")
    public void areaMade(Vma vma) {
        for (long address = vma.start(); address < vma.end(); address += Content.SIZE) {
            int frame = (int) vma.pageIndex(address);
            while (memory.size() <= frame) {
                memory.add(node.physical().allocate("device"));
            }
            vma.mm().slot(address).replace(Pte.NONE, Pte.raw(memory.get(frame), vma.has(VmFlag.WRITE)));
        }
    }

    @Override
    public VmFaultResult fault(VmFault fault) {
        return VmFaultResult.SIGBUS; // every entry is there already
    }

    @Override
    public VmFaultResult mapPages(VmFault fault) {
        return VmFaultResult.DONE;
    }

    @Override
    public boolean wantsPageMkwrite() {
        return false;
    }

    @Override
    public VmFaultResult pageMkwrite(VmFault fault) {
        return VmFaultResult.SIGBUS;
    }

    @Override
    public Optional<Errno> readFolio(AddressSpace space, Folio folio) {
        return Optional.of(Errno.EIO);
    }

    @Override
    public Optional<Errno> writeFolio(AddressSpace space, Folio folio) {
        return Optional.of(Errno.EIO);
    }

    @Override
    public String toString() {
        return path;
    }
}
