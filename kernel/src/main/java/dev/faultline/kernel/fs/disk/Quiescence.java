package dev.faultline.kernel.fs.disk;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Kind;
import java.util.ArrayList;
import java.util.List;

/// What must be true of a cached file when all is quiet.
public final class Quiescence {
    private Quiescence() {}

    /// {@return what is wrong: locks and writeback that nobody ended, and clean pages that differ from the disk}
    public static List<Finding> check(Disk disk, DiskInode inode, AddressSpace mapping) {
        return check(disk, inode, mapping, Long.MAX_VALUE);
    }

    /// As the other, for a file whose blocks read as zeroes from a position on, whatever they hold.
    public static List<Finding> check(Disk disk, DiskInode inode, AddressSpace mapping, long validBytes) {
        List<Finding> found = new ArrayList<>();
        for (long index = 0; index <= mapping.lastIndex(); index = mapping.nextIndex(index + 1)) {
            long page = index;
            mapping.peek(index).ifPresent(folio -> check(disk, inode, folio, page, validBytes, found));
        }
        return found;
    }

    private static void check(
            Disk disk, DiskInode inode, Folio folio, long index, long validBytes, List<Finding> found) {
        long flags = folio.flags().peek();
        if ((flags & Folio.WRITEBACK) != 0) {
            found.add(new Finding(Kind.LEAK, folio + " is under writeback for ever"));
        }
        boolean clean = (flags & Folio.UPTODATE) != 0 && (flags & Folio.DIRTY) == 0;
        if (clean && !sameOnDisk(disk, inode, folio, index, validBytes)) {
            found.add(new Finding(Kind.CORRUPTION, folio + " is clean, but its bytes differ from those on disk"));
        }
    }

    private static boolean sameOnDisk(Disk disk, DiskInode inode, Folio folio, long index, long validBytes) {
        long block = inode.block(index);
        Content onDisk = block == DiskInode.HOLE ? new Content((byte) 0) : disk.device().block(block).peek();
        long end = Math.min(Content.SIZE, inode.sizeBytes() - index * Content.SIZE);
        Content cached = folio.data().content();
        for (int i = 0; i < end; i++) {
            if (cached.get(i) != (index * Content.SIZE + i < validBytes ? onDisk.get(i) : 0)) {
                return false;
            }
        }
        return true;
    }
}
