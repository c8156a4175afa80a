package dev.faultline.kernel.uffd;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.lib.Part;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.mm.UserfaultPages;
import dev.faultline.kernel.mm.UserfaultPages.Found;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.uapi.Errno;
import java.util.Optional;

/// Putting pages of shmem in place: new ones, which become part of the file, and those that the file has.
public class ShmemFill {
    /// The seam at which other forms plug in.
    public static final Part<Factory> PART = new Part<>("uffd.ShmemFill", Factory.class);

    /// Where the bytes of a new page come from.
    public interface Source {
        /// {@return a new folio with the bytes; empty if they are not there: the folio is kept, for when the locks are
        /// dropped}
        Optional<Folio> take();

        /// Drops the folio that is kept, if one is.
        void drop();
    }

    private final InstallPte install;

    /// Today's form.
    public ShmemFill(InstallPte install) {
        this.install = install;
    }

    /// What makes the form that a kernel has.
    public interface Factory {
        /// {@return the form, which puts its entries in place with `install`}
        ShmemFill create(InstallPte install);
    }

    /// Maps a locked folio, as [InstallPte#install] does.
    protected final Optional<Errno> install(Place place, Folio folio) {
        return install.install(place, folio);
    }

    /// {@return whether faults on pages that are in the cache can go to the program}
    protected boolean servesMinorFaults() {
        return true;
    }

    /// {@return whether areas are refused that the program must not make writable}
    protected boolean refusesReadOnlyFiles() {
        return true;
    }

    /// {@return whether new pages of the area become part of its file} Through a private mapping nothing does: what is
    /// filled in there is the program's own.
    protected boolean fillsFile(Vma vma) {
        return vma.has(VmFlag.SHARED) && Place.pages(vma).isPresent();
    }

    /// Puts a new page into the file, and maps it.
    ///
    /// @return -ENOMEM if the mount is full; -ENOENT with the folio kept; -EFAULT behind the end of the file; -EEXIST if
    ///         the file has a page there, or something is mapped
    @Models(file = "mm/shmem.c", symbol = "shmem_mfill_atomic_pte")
    protected Optional<Errno> fill(Place place, UserfaultPages pages, Source source) {
        if (pages.acct().isPresent()) {
            return Optional.of(noRoom(source));
        }
        Optional<Folio> folio = source.take();
        if (folio.isEmpty()) {
            pages.unacct();
            return Optional.of(Errno.ENOENT);
        }
        folio.get().lock().lockUnpublished();
        folio.get().flags().pokeUnseen(Folio.UPTODATE);
        Optional<Errno> error = addAndInstall(place, pages, folio.get());
        if (error.isEmpty()) {
            pages.count();
        }
        folio.get().lock().unlock();
        if (error.isPresent()) {
            folio.get().put();
            pages.unacct();
        }
        return error;
    }

    /// {@return what to say where the mount is full} A folio may be kept from the first attempt: it is not wanted any more.
    protected Errno noRoom(Source source) {
        source.drop();
        return Errno.ENOMEM;
    }

    /// Makes the locked folio a page of the file, and maps it; or neither.
    protected Optional<Errno> addAndInstall(Place place, UserfaultPages pages, Folio folio) {
        if (place.index() >= Content.pages(pages.iSize().read())) {
            return Optional.of(Errno.EFAULT);
        }
        if (!pages.add(place.index(), folio)) {
            return Optional.of(Errno.EEXIST);
        }
        Optional<Errno> error = install(place, folio);
        if (error.isPresent()) {
            pages.remove(folio);
        }
        return error;
    }

    /// Maps a page that the file has. Allocates nothing and counts nothing; the reference of the lookup becomes the
    /// entry's.
    ///
    /// @return -EFAULT where the file has none; -EINVAL behind its end; -EEXIST if something is mapped
    @Models(file = "mm/userfaultfd.c", symbol = "mfill_atomic_pte_continue")
    protected Optional<Errno> continuePage(Place place, UserfaultPages pages) {
        return switch (pages.getFolioNoalloc(place.index())) {
            case Found.Page(Folio folio) -> mapFound(place, folio);
            case Found.Failed(Errno errno) -> Optional.of(errno == Errno.ENOENT ? Errno.EFAULT : errno);
        };
    }

    /// Maps a locked page of the file, and unlocks it. The caller's reference becomes the entry's, or is dropped.
    protected final Optional<Errno> mapFound(Place place, Folio folio) {
        Optional<Errno> error = install(place, folio);
        folio.lock().unlock();
        if (error.isPresent()) {
            folio.put();
        }
        return error;
    }
}
