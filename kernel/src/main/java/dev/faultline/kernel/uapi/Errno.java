package dev.faultline.kernel.uapi;

/// The error numbers that the modelled calls use. Those above 511 are the kernel's own and must never
/// reach a program.
public enum Errno {
    EPERM(1), ENOENT(2), ESRCH(3), EINTR(4), EIO(5), ENXIO(6), EBADF(9), ECHILD(10), EAGAIN(11), ENOMEM(12), EACCES(13), EFAULT(14),
    ENOTBLK(15), EBUSY(16), EEXIST(17), EXDEV(18), ENODEV(19), ENOTDIR(20), EISDIR(21), EINVAL(22), EMFILE(24), ENOTTY(25),
    EFBIG(27), ENOSPC(28), ESPIPE(29), EROFS(30), EMLINK(31), EPIPE(32), EOVERFLOW(75), EOPNOTSUPP(95), EHWPOISON(133),
    /// The request was queued; its completion will report the result.
    EIOCBQUEUED(529);

    private final int number;

    Errno(int number) {
        this.number = number;
    }

    /// {@return the positive number of the error}
    public int number() {
        return number;
    }
}
