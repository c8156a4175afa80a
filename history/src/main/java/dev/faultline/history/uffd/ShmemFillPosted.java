package dev.faultline.history.uffd;

import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.UserfaultPages;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Filemap;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uffd.InstallPte;
import dev.faultline.kernel.uffd.Place;
import java.util.Optional;

/// UFFDIO_CONTINUE as it was posted in spring 2021, before v5.14.
public final class ShmemFillPosted extends ShmemFillV513 {
    private final Form form;

    /// The postings.
    public enum Form {
        /// In linux-next (00da60b9d0a0): a part of UFFDIO_COPY, with the same way out when something goes wrong.
        NEXT,
        /// The first fix: the way out leaves the page in the file, but makes it clean.
        CLEANING,
        /// The fifth: a function of its own, which leaves the page alone.
        OWN
    }

    /// The form.
    public ShmemFillPosted(InstallPte install, Form form) {
        super(install);
        this.form = form;
    }

    @Override
    protected boolean servesMinorFaults() {
        return true;
    }

    @Override
    protected Optional<Errno> continuePage(Place place, UserfaultPages pages) {
        if (form != Form.NEXT) {
            return continueLocked(place, pages);
        }
        if (!place.isShared()) {
            return Optional.of(Errno.EINVAL);
        }
        if (pages.acct().isPresent()) {
            return Optional.of(Errno.ENOMEM);
        }
        Optional<Errno> error = continueLocked(place, pages);
        if (error.isPresent()) {
            pages.unacct();
        }
        return error;
    }

    private Optional<Errno> continueLocked(Place place, UserfaultPages pages) {
        Optional<Folio> found = findLockPage(place.vma(), place.index());
        if (found.isEmpty()) {
            return Optional.of(Errno.EFAULT);
        }
        Folio folio = found.get();
        Optional<Errno> error = install(place, folio);
        if (error.isPresent() && form != Form.OWN) {
            folio.flags().clearBits(Folio.DIRTY);
            if (form == Form.NEXT) {
                pages.remove(folio);
            }
        }
        folio.lock().unlock();
        if (error.isPresent()) {
            folio.put();
        }
        return error;
    }

    /// {@return the cached page, locked} A page that was truncated while its lock was waited for is not there.
    private static Optional<Folio> findLockPage(Vma vma, long index) {
        AddressSpace mapping = (AddressSpace) vma.file().orElseThrow().mapping();
        Optional<Folio> found = mapping.getFolio(index);
        found.ifPresent(folio -> folio.lock().lock());
        if (found.isPresent() && !Filemap.isPartOf(found.get(), mapping)) {
            found.get().lock().unlock();
            found.get().put();
            return Optional.empty();
        }
        return found;
    }
}
