package dev.faultline.history.iomap;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import java.util.Optional;

/// Direct writes up to v2.6.20: what is cached is dropped by whoever made the request, once it has been submitted, and
/// only then. A page that has to stay makes the write fail, although the device goes on: of a request that was queued
/// this error takes the place of -EIOCBQUEUED, and the request is over twice.
public final class DirectIoV2620 extends DirectIoV413 {
    /// The form.
    public DirectIoV2620() {}

    @Override
    protected Optional<Errno> invalidateBefore(AddressSpace mapping, long pos, long lengthBytes) {
        return Optional.empty();
    }

    @Override
    @Models(file = "mm/filemap.c", symbol = "generic_file_direct_IO", release = "v2.6.20")
    protected SysResult invalidated(Dio dio, SysResult result) {
        return invalidate(dio.mapping(), dio.startPos(), dio.sizeBytes())
                .map(busy -> SysResult.err(Errno.EIO)).orElse(result);
    }
}
