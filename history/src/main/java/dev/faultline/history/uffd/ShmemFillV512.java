package dev.faultline.history.uffd;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uffd.InstallPte;

/// From v4.20 to v5.12: where the mount has filled up while the locks were dropped to copy, the folio with the bytes is
/// forgotten.
public final class ShmemFillV512 extends ShmemFillV513 {
    /// The form.
    public ShmemFillV512(InstallPte install) {
        super(install);
    }

    @Override
    @Models(file = "mm/shmem.c", symbol = "shmem_mfill_atomic_pte", release = "v5.12")
    protected Errno noRoom(Source source) {
        return Errno.ENOMEM;
    }
}
