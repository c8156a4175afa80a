package dev.faultline.kernel.fs.proc;

import dev.faultline.kernel.fs.FileMode;
import dev.faultline.kernel.fs.FileWithoutPages;
import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.GupFlag;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.RemoteMemory;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import java.util.EnumSet;
import java.util.Optional;

/// `/proc/self/mem`: the memory of a process as a file, whose positions are addresses. What the program itself may not
/// read or write can be read and written here, as long as that is no memory that others share.
///
/// Left out: `proc_mem.force_override`, which is 'always' by default.
public final class ProcMem extends FileWithoutPages {
    /// The path.
    public static final String PATH = "/proc/self/mem";

    private final Mm mm;
    private final RemoteMemory memory;

    /// The memory of a process on a node.
    public ProcMem(Node node, Mm mm) {
        super(node.machine(), "memory of " + mm);
        this.mm = mm;
        this.memory = new RemoteMemory(node.userMemory().gup());
    }

    @Override
    @Models(file = "fs/proc/base.c", symbol = "mem_read")
    public SysResult readIter(Kiocb iocb, IovIter to) {
        Content page = new Content((byte) 0);
        long copied = 0;
        while (to.count() > 0) {
            int part = memory.access(mm, iocb.pos(), page, (int) Math.min(to.count(), Content.SIZE),
                    EnumSet.of(GupFlag.FORCE));
            if (part == 0) {
                return copied > 0 ? SysResult.ok(copied) : SysResult.err(Errno.EIO);
            }
            if (to.copyToIter(page, 0, part) != part) {
                return SysResult.err(Errno.EFAULT);
            }
            iocb.setPos(iocb.pos() + part);
            copied += part;
        }
        return SysResult.ok(copied);
    }

    @Override
    @Models(file = "fs/proc/base.c", symbol = "mem_write")
    public SysResult writeIter(Kiocb iocb, IovIter from) {
        Content page = new Content((byte) 0);
        long copied = 0;
        while (from.count() > 0) {
            int wanted = (int) Math.min(from.count(), Content.SIZE);
            if (from.copyFromIter(page, 0, wanted) != wanted) {
                return SysResult.err(Errno.EFAULT);
            }
            int part = memory.access(mm, iocb.pos(), page, wanted, EnumSet.of(GupFlag.WRITE, GupFlag.FORCE));
            if (part == 0) {
                return copied > 0 ? SysResult.ok(copied) : SysResult.err(Errno.EIO);
            }
            iocb.setPos(iocb.pos() + part);
            copied += part;
            if (part < wanted) {
                return SysResult.ok(copied); // the next address has no memory
            }
        }
        return SysResult.ok(copied);
    }

    @Override
    public EnumSet<FileMode> modes() {
        return EnumSet.of(FileMode.NO_MMAP);
    }

    @Override
    public Optional<Errno> truncate(OpenFile file, long sizeBytes) {
        return Optional.empty(); // proc_setattr: nothing happens
    }

    @Override
    public String toString() {
        return PATH;
    }
}
