package dev.faultline.kernel.fs.chardev;

import dev.faultline.kernel.fs.FileMode;
import dev.faultline.kernel.fs.FileWithoutPages;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Pte;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.mm.VmFault;
import dev.faultline.kernel.mm.VmFaultResult;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.VmOperations;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;

/// A device whose memory a driver maps with `remap_pfn_range`: the entries are there from the start, are
/// special, and have no `struct page` to use.
public final class MemoryDevice extends FileWithoutPages implements VmOperations {
    private final Node node;
    private final String path;
    private final VmFlag sort;
    private final List<Folio> memory = new ArrayList<>();

    /// A device with as much memory as is mapped.
    ///
    /// @param sort [VmFlag#PFNMAP] or [VmFlag#IO]: what its areas are marked as
    public MemoryDevice(Node node, String path, VmFlag sort) {
        super(node.machine(), path);
        this.node = node;
        this.path = path;
        this.sort = sort;
    }

    /// {@return whether the page frame is memory of this device}
    public boolean owns(Folio folio) {
        return memory.contains(folio);
    }

    @Override
    public VmOperations mmap(OpenFile file) {
        return this;
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
    public String toString() {
        return path;
    }
}
