package dev.faultline.kernel.fs.gfs2;

import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Truncate;

/// What a node does to the cache of a file when it gives the glock up (fs/gfs2/glops.c).
public class Glops {
    /// The seam at which other forms plug in.
    public static final Part<Glops> PART = new Part<>("fs.gfs2.Glops", Glops.class);

    /// Today's form, which is that of every release.
    public Glops() {}

    /// Drops the cached pages, whoever refers to them. Waits for their locks and for their write-back.
    @Models(file = "fs/gfs2/glops.c", symbol = "inode_go_inval")
    public void inodeGoInval(Node node, AddressSpace mapping) {
        Truncate.truncatePagecache(mapping, 0);
    }
}
