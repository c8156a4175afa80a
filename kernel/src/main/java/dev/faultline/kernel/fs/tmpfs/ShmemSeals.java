package dev.faultline.kernel.fs.tmpfs;

import dev.faultline.kernel.fs.Seals;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import java.util.Optional;

/// The seals of a file (mm/memfd.c). A file with a name, and one that was not made for it, is sealed against being sealed
/// from the start: that never changes, and looking at it is no step.
final class ShmemSeals implements Seals {
    /// Seals against writing, at once or for new ways.
    static final int NO_WRITES = Fcntl.F_SEAL_WRITE | Fcntl.F_SEAL_FUTURE_WRITE;

    private static final int IMPLIED_BY_EXEC =
            Fcntl.F_SEAL_SHRINK | Fcntl.F_SEAL_GROW | Fcntl.F_SEAL_WRITE | Fcntl.F_SEAL_FUTURE_WRITE;
    private static final int LAST_SCAN = 4;

    private final ShmemInode inode;
    private final Cell seals;
    private boolean sealable;
    private boolean executable = true;

    ShmemSeals(ShmemInode inode, String file) {
        this.inode = inode;
        this.seals = new Cell(inode.node().machine(), "seals", file, Fcntl.F_SEAL_SEAL);
    }

    private Machine machine() {
        return inode.node().machine();
    }

    /// The file may be sealed. Before anybody knows it.
    ///
    /// @param initial the seals that it has from the start
    void allow(int initial) {
        sealable = true;
        executable = (initial & Fcntl.F_SEAL_EXEC) == 0;
        seals.poke(initial);
        inode.mapping().countWritableAreas();
    }

    /// {@return whether one of those seals is there} One step, if the file can be sealed at all.
    boolean has(int any) {
        return (get() & any) != 0;
    }

    @Override
    public int get() {
        return sealable ? (int) seals.read() : Fcntl.F_SEAL_SEAL;
    }

    /// Takes and drops `i_rwsem` for writing, which keeps writes out; what maps the file takes no such lock, and is counted.
    @Override
    @Models(file = "mm/memfd.c", symbol = "memfd_add_seals")
    public Optional<Errno> add(int asked) {
        inode.iRwsem().downWrite();
        int known = get();
        int more = (asked & Fcntl.F_SEAL_EXEC) != 0 && executable ? asked | IMPLIED_BY_EXEC : asked;
        Optional<Errno> error = Optional.empty();
        if ((known & Fcntl.F_SEAL_SEAL) != 0) {
            error = Optional.of(Errno.EPERM);
        } else if ((more & ~known & Fcntl.F_SEAL_WRITE) != 0) {
            error = denyWrites();
        }
        if (error.isEmpty()) {
            seals.write(known | more);
        }
        inode.iRwsem().upWrite();
        return error;
    }

    private Optional<Errno> denyWrites() {
        Cell writable = inode.mapping().writableAreas().orElseThrow();
        writable.touch(Access.WRITE);
        boolean busy = writable.peek() > 0;
        machine().current().learn(busy ? 1 : 0);
        if (busy) {
            return Optional.of(Errno.EBUSY);
        }
        writable.poke(writable.peek() - 1); // mapping_deny_writable
        if (waitForPins()) {
            return Optional.empty();
        }
        writable.add(1);
        return Optional.of(Errno.EBUSY);
    }

    /// Looks a few times whether pages are in use besides being mapped: what was pinned through a mapping that is gone can
    /// be written still. Linux sleeps in between, up to a fifth of a second in all.
    ///
    /// @return whether none is any more
    @Models(file = "mm/memfd.c", symbol = "memfd_wait_for_pins")
    private boolean waitForPins() {
        for (int scan = 0; scan <= LAST_SCAN; scan++) {
            if (!hasPins()) {
                return true;
            }
        }
        return false;
    }

    private boolean hasPins() {
        AddressSpace mapping = inode.mapping();
        for (long index = mapping.nextIndex(0); index <= mapping.lastIndex(); index = mapping.nextIndex(index + 1)) {
            Optional<Folio> folio = mapping.getFolio(index);
            if (folio.isPresent()) {
                boolean used = folio.get().readReferenceCount() != 2 + mapCount(mapping, folio.get());
                folio.get().put();
                if (used) {
                    return true;
                }
            }
        }
        return false;
    }

    /// {@return how many entries map the page}
    private static int mapCount(AddressSpace mapping, Folio folio) {
        int count = 0;
        mapping.iMmapRwsem().downRead();
        for (Vma vma : mapping.areas()) {
            long address = vma.addressOf(folio.index());
            count += address >= 0 && vma.mm().slot(address).maps(folio) ? 1 : 0;
        }
        mapping.iMmapRwsem().upRead();
        return count;
    }

    @Override
    @Models(file = "include/linux/fs.h", symbol = "mapping_map_writable")
    public boolean mapWritable() {
        if (!sealable) {
            return true;
        }
        Cell writable = inode.mapping().writableAreas().orElseThrow();
        writable.touch(Access.WRITE);
        boolean may = writable.peek() >= 0;
        machine().current().learn(may ? 1 : 0);
        writable.poke(may ? writable.peek() + 1 : writable.peek());
        return may;
    }

    @Override
    @Models(file = "include/linux/fs.h", symbol = "mapping_unmap_writable")
    public void unmapWritable() {
        if (sealable) {
            inode.mapping().writableAreas().orElseThrow().add(-1);
        }
    }
}
