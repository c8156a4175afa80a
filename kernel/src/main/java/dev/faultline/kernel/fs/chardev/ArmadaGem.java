package dev.faultline.kernel.fs.chardev;

import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.iov.Segment;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.uapi.Errno;
import java.util.List;
import java.util.Optional;

/// A buffer of a graphics driver that programs write to by ioctl: drivers/gpu/drm/armada/armada_gem.c.
public final class ArmadaGem {
    /// What the ioctl returns where not all of the source could be faulted in.
    @FunctionalInterface
    public interface Shortfall {
        /// The seam at which other forms plug in.
        Part<Shortfall> PART = new Part<>("fs.chardev.ArmadaGem.Shortfall", Shortfall.class);

        /// Today.
        Shortfall TODAY = missingBytes -> -Errno.EFAULT.number();

        /// {@return what the ioctl returns}
        long result(long missingBytes);
    }

    private final Node node;
    private final Content buffer = new Content((byte) 0);

    /// A buffer of one page, in that machine.
    public ArmadaGem(Node node) {
        this.node = node;
    }

    /// {@return what was written}
    public Content buffer() {
        return buffer;
    }

    /// DRM_IOCTL_ARMADA_GEM_PWRITE: copies `sizeBytes` bytes of user memory to the buffer, all of which is faulted in
    /// before.
    ///
    /// @return 0, or the error as a negative number: -EFAULT, -EINVAL
    @Models(file = "drivers/gpu/drm/armada/armada_gem.c", symbol = "armada_gem_pwrite_ioctl")
    public long pwrite(long address, long offset, long sizeBytes) {
        if (sizeBytes == 0) {
            return 0;
        }
        long missing = node.userMemory().faultIn().faultInReadable(address, sizeBytes);
        if (missing != 0) {
            return node.parts().get(Shortfall.PART, () -> Shortfall.TODAY).result(missing);
        }
        return copy(address, offset, sizeBytes).map(errno -> (long) -errno.number()).orElse(0L);
    }

    private Optional<Errno> copy(long address, long offset, long sizeBytes) {
        if (offset < 0 || offset > Content.SIZE || sizeBytes > Content.SIZE - offset) {
            return Optional.of(Errno.EINVAL);
        }
        long copied = new IovIter(node.userMemory(), node.parts(), IovIter.Direction.SOURCE,
                List.of(new Segment(address, sizeBytes))).copyFromIter(buffer, (int) offset, sizeBytes);
        return copied == sizeBytes ? Optional.empty() : Optional.of(Errno.EFAULT);
    }
}
