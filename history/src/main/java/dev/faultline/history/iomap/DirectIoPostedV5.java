package dev.faultline.history.iomap;

import dev.faultline.kernel.iomap.DioFlag;
import dev.faultline.kernel.uapi.Errno;
import java.util.EnumSet;
import java.util.Optional;

/// Direct I/O as the fifth posting of "gfs2: Fix mmap + page fault deadlocks" has it: a request that may not
/// return a part takes the iterator back, to be started over from its first byte.
public final class DirectIoPostedV5 extends DirectIoV519 {
    /// The form.
    public DirectIoPostedV5() {}

    @Override
    protected Optional<Errno> ended(Dio dio, Optional<Errno> error, EnumSet<DioFlag> flags) {
        Optional<Errno> left = super.ended(dio, error, flags);
        if (left.filter(errno -> errno == Errno.EFAULT).isPresent()) {
            dio.waitForCompletion();
            dio.iter().revert(dio.sizeBytes());
        }
        return left;
    }

    /// The iteration looked at the size of the file before each extent.
    @Override
    protected boolean readsBehindTheEnd() {
        return false;
    }
}
