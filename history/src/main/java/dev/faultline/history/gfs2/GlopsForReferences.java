package dev.faultline.history.gfs2;

import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.gfs2.Glops;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.Rmap;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.machine.task.Machine;

/// Drops no page before nobody refers to it any more. No kernel did so; a commit text of v5.18 reads as if one had.
public final class GlopsForReferences extends Glops {
    private static final int CACHE_AND_OURS = 2;

    /// The form.
    public GlopsForReferences() {}

    @Override
    public void inodeGoInval(Node node, AddressSpace mapping) {
        Rmap.unmapMappingPages(mapping, 0, Long.MAX_VALUE / Content.SIZE);
        for (long index = mapping.nextIndex(0); index <= mapping.lastIndex(); index = mapping.nextIndex(index + 1)) {
            mapping.getFolio(index).ifPresent(folio -> awaitOthers(node.machine(), folio));
        }
        super.inodeGoInval(node, mapping);
    }

    private static void awaitOthers(Machine machine, Folio folio) {
        machine.await(folio.referenceCount(), -1, () -> folio.peekReferenceCount() <= CACHE_AND_OURS);
        folio.put();
    }
}
