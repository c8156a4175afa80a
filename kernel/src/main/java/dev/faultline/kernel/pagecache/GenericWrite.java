package dev.faultline.kernel.pagecache;

import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.RetryLoop;

/// The write loop of file systems that go page by page (`generic_perform_write` in mm/filemap.c).
public final class GenericWrite {
    /// What a file system does around the copy into each page (`write_begin` and `write_end`).
    public interface PageWriter {
        /// Finds or makes the page, locked and referenced, with the parts that are not overwritten up to
        /// date and its blocks allocated.
        Begin begin(long pos, int lengthBytes);

        /// Takes the `copied` bytes over, moves the file size, unlocks the page and drops the reference.
        ///
        /// @return the bytes that count: 0 if the page was not up to date and not all was copied
        int end(long pos, int lengthBytes, int copied, Folio folio);
    }

    /// What [PageWriter#begin] came to.
    public sealed interface Begin {
        /// The page.
        record Ready(Folio folio) implements Begin {}

        /// Why not.
        record Failed(Errno errno) implements Begin {}
    }

    private GenericWrite() {}

    /// Writes from the iterator at `pos`. The caller holds `i_rwsem` for writing.
    ///
    /// @return the bytes written; an error only if none were: -EFAULT if the memory cannot be read
    @Models(file = "mm/filemap.c", symbol = "generic_perform_write")
    public static SysResult perform(Machine machine, IovIter from, long pos, PageWriter writer) {
        RetryLoop loop = machine.retryLoop("generic_perform_write");
        long written = 0;
        int limit = Content.SIZE;
        while (from.count() > 0) {
            long at = pos + written;
            int offset = (int) (at % Content.SIZE);
            int bytes = (int) Math.min(Math.min(Content.SIZE - offset, from.count()), limit);
            Folio folio;
            switch (writer.begin(at, bytes)) {
                case Begin.Ready(Folio ready) -> folio = ready;
                case Begin.Failed(Errno errno) -> {
                    return written > 0 ? SysResult.ok(written) : SysResult.err(errno);
                }
            }
            int copied = (int) from.copyFolioFromIterAtomic(folio, offset, bytes);
            int accepted = writer.end(at, bytes, copied, folio);
            from.revert(copied - accepted);
            limit = Content.SIZE;
            if (accepted > 0) {
                written += accepted;
            } else if (copied > 0) {
                limit = copied; // the page was not up to date: try with what can be copied
            } else if (from.faultInReadable(bytes) == bytes) {
                return written > 0 ? SysResult.ok(written) : SysResult.err(Errno.EFAULT);
            }
            loop.again(written, limit);
        }
        return SysResult.ok(written);
    }
}
