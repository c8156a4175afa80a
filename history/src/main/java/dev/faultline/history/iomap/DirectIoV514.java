package dev.faultline.history.iomap;

import dev.faultline.kernel.iomap.DioFlag;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import java.util.EnumSet;
import java.util.Optional;

/// Direct I/O up to v5.15: an error wins over what was transferred before it, and a copy to a program that
/// gets nowhere looks like the end of the file.
public class DirectIoV514 extends DirectIoV519 {
    /// The form.
    public DirectIoV514() {}

    @Override
    protected SysResult noProgress() {
        return SysResult.ZERO;
    }

    @Override
    protected Optional<Errno> ended(Dio dio, Optional<Errno> error, EnumSet<DioFlag> flags) {
        if (error.filter(errno -> errno == Errno.ENOTBLK).isPresent()) {
            dio.waitForCompletion();
            return Optional.empty();
        }
        return error;
    }

    /// The iteration looked at the size of the file before each extent.
    @Override
    protected boolean readsBehindTheEnd() {
        return false;
    }
}
