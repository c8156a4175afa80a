package dev.faultline.history.iomap;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;

/// Direct I/O up to v4.13: of a write that nobody waits for, what is cached is dropped a second time when it has been
/// submitted, not when it is over. What is read into the cache in between is old, and stays.
public class DirectIoV413 extends DirectIoV514 {
    /// The form.
    public DirectIoV413() {}

    @Override
    @Models(file = "mm/filemap.c", symbol = "generic_file_direct_write", release = "v4.13")
    protected SysResult answer(Dio dio, SysResult result) {
        boolean wrote = dio.isWrite() && (result.isPositive() || result.is(Errno.EIOCBQUEUED));
        return wrote ? invalidated(dio, result) : result;
    }

    /// Drops what is cached of what was written, or will be.
    ///
    /// @return what whoever made the request is told: `result`, even if a page has to stay
    protected SysResult invalidated(Dio dio, SysResult result) {
        invalidate(dio.mapping(), dio.startPos(), dio.sizeBytes());
        return result;
    }

    @Override
    protected void invalidateAfterwards(Dio dio) {
        // whoever made the request has done it already, or is about to
    }
}
