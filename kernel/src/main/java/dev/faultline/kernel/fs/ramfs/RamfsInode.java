package dev.faultline.kernel.fs.ramfs;

import dev.faultline.kernel.fs.FileOperations;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.disk.CachedInode;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Truncate;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A file of a ramfs.
final class RamfsInode extends CachedInode {
    private final RamfsFile operations;

    RamfsInode(Node node, String path) {
        super(node, path, 0);
        this.operations = new RamfsFile(this);
    }

    @Override
    public FileOperations operations() {
        return operations;
    }

    /// What is not cached reads as zeroes.
    @Override
    @Models(file = "fs/libfs.c", symbol = "simple_read_folio")
    public Optional<Errno> readFolio(AddressSpace space, Folio folio) {
        folio.data().zero(0, Content.SIZE);
        folio.flags().setBits(Folio.UPTODATE);
        folio.lock().unlock();
        return Optional.empty();
    }

    @Override
    public Optional<Errno> writeFolio(AddressSpace space, Folio folio) {
        throw new AssertionError("nothing of a ramfs is written back");
    }

    void format(long sizeBytes, Optional<Byte> fill) {
        mapping().iSize().poke(sizeBytes);
        for (long index = 0; fill.isPresent() && index * Content.SIZE < sizeBytes; index++) {
            Folio folio = node().physical().allocate("ramfs");
            folio.data().content().fill(0, (int) Math.min(Content.SIZE, sizeBytes - index * Content.SIZE), fill.get());
            folio.flags().poke(Folio.UPTODATE | Folio.DIRTY);
            mapping().place(index, folio);
            folio.putUnseen();
        }
    }

    /// Evicts the file, when all is quiet.
    ///
    /// @return what is wrong: pages that are clean although they are nowhere else
    List<Finding> checkQuiescent() {
        List<Finding> found = new ArrayList<>();
        for (long index = 0; index <= mapping().lastIndex(); index = mapping().nextIndex(index + 1)) {
            mapping().peek(index).ifPresent(folio -> {
                if ((folio.flags().peek() & Folio.DIRTY) == 0 && folio.data().content().hash() != 0) {
                    found.add(new Finding(Kind.CORRUPTION, folio + " is clean, but its bytes are nowhere else"));
                }
            });
        }
        Truncate.truncatePagecache(mapping(), 0);
        return found;
    }

    /// Pages are where the file is: they are never taken (`mapping_set_unevictable`).
    @Override
    public void reclaim(AddressSpace space, Folio folio) {
        folio.lock().unlock();
    }
}
