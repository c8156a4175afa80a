package dev.faultline.history.iomap;

import dev.faultline.kernel.fs.Kiocb;
import dev.faultline.kernel.iomap.DioFlag;
import dev.faultline.kernel.iomap.DioOps;
import dev.faultline.kernel.iomap.DirectIo;
import dev.faultline.kernel.iomap.IomapOps;
import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.uapi.SysResult;
import java.util.EnumSet;

/// Direct I/O that may return a part and be called again, but does not learn what the calls before came to: the end of
/// a request that nobody waits for tells the last part only.
public final class ForgottenLegs extends DirectIo {
    /// The form.
    public ForgottenLegs() {}

    @Override
    public SysResult rw(Kiocb iocb, IovIter iter, IomapOps operations, DioOps ends, EnumSet<DioFlag> flags,
            long doneBefore) {
        return super.rw(iocb, iter, operations, ends, flags, 0);
    }
}
