/// Swap as those see it who write pages out and read them back in: slots, who counts on them, and their bytes
/// (mm/swapfile.c). Start at [SwapDevice]. Which folio is cached for which slot is `mm.Swap`'s business. Left out: several
/// devices, clusters, swapoff, and I/O that fails.
@NullMarked
package dev.faultline.kernel.swap;

import org.jspecify.annotations.NullMarked;
