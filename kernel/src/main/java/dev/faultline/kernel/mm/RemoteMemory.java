package dev.faultline.kernel.mm;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import java.util.EnumSet;

/// Reads and writes the memory of any process as a debugger does: mm/memory.c.
public final class RemoteMemory {
    private final Gup gup;

    /// On top of get_user_pages.
    public RemoteMemory(Gup gup) {
        this.gup = gup;
    }

    /// Copies between `buffer` and memory at `address`. Takes and drops `mmap_lock` of the process for reading.
    ///
    /// @param flags [GupFlag#WRITE] to write, [GupFlag#FORCE] where the program itself may not
    /// @return how many bytes were copied, up to where there is no memory
    @Models(file = "mm/memory.c", symbol = "__access_remote_vm")
    public int access(Mm mm, long address, Content buffer, int lengthBytes, EnumSet<GupFlag> flags) {
        int done = 0;
        boolean more = true;
        mm.mmapLock().downRead();
        while (more && done < lengthBytes) {
            int offset = (int) (address + done & Content.SIZE - 1);
            int part = Math.min(lengthBytes - done, Content.SIZE - offset);
            more = page(mm, address + done, buffer, done, part, flags);
            done += more ? part : 0;
        }
        mm.mmapLock().upRead();
        return done;
    }

    private boolean page(Mm mm, long address, Content buffer, int at, int lengthBytes, EnumSet<GupFlag> flags) {
        if (!(gup.getUserPagesRemote(mm, address & -Content.SIZE, 1, flags) instanceof GupResult.Pages pages)) {
            return false;
        }
        Folio folio = pages.folios().getFirst();
        int offset = (int) (address & Content.SIZE - 1);
        if (flags.contains(GupFlag.WRITE)) {
            folio.data().write(offset, lengthBytes, buffer, at);
            setDirty(folio);
        } else {
            Content bytes = new Content((byte) 0);
            folio.data().read(offset, lengthBytes, bytes);
            buffer.copy(at, bytes, offset, lengthBytes);
        }
        folio.put();
        return true;
    }

    /// Marks a page dirty that was written past the entries that map it. The caller has a reference.
    @Models(file = "mm/page-writeback.c", symbol = "set_page_dirty_lock")
    public static void setDirty(Folio folio) {
        if (!folio.isFileBacked()) {
            folio.flags().setBits(Folio.DIRTY);
            return;
        }
        folio.lock().lock();
        folio.mapping().ifPresent(mapping -> mapping.dirtyFolio(folio));
        folio.lock().unlock();
    }
}
