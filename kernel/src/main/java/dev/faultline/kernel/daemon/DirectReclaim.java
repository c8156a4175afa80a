package dev.faultline.kernel.daemon;

import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.FrameLimit;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.Reclaim;
import java.util.List;
import java.util.function.Supplier;

/// Taking pages out of memory for somebody who needs one: the oldest that can go, clean pages of files, and those of
/// programs if there is swap. Dirty pages of files stay, as nobody writes them; there is one list, in the order in which
/// pages came, and no second chance.
public final class DirectReclaim implements FrameLimit.Reclaimer {
    private final Node node;
    private final Supplier<List<Mm>> programs;

    /// For a machine with those programs.
    public DirectReclaim(Node node, Supplier<List<Mm>> programs) {
        this.node = node;
        this.programs = programs;
    }

    @Override
    @Models(file = "mm/vmscan.c", symbol = "try_to_free_pages")
    public boolean tryToFreePages() {
        for (Folio folio : node.physical().inUse()) {
            if (take(folio) && !node.physical().inUse().contains(folio)) {
                return true;
            }
        }
        return false;
    }

    /// {@return whether an attempt was made}
    private boolean take(Folio folio) {
        Reclaim reclaim = node.userMemory().memory().reclaim();
        if (folio.isFileBacked()) {
            boolean there = folio.tryGet();
            if (there) {
                reclaim.reclaimFilePage(folio);
            }
            return there;
        }
        return node.userMemory().memory().swap().isOn() && reclaim.reclaimOf(programs.get(), folio);
    }
}
