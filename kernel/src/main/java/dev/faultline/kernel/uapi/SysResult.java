package dev.faultline.kernel.uapi;

/// What a system call, or a function in the kernel that returns "bytes or -errno", came to.
public sealed interface SysResult {
    /// Nothing done, nothing wrong.
    SysResult ZERO = new Ok(0);

    /// Success, with a count or a value.
    record Ok(long value) implements SysResult {}

    /// Failure.
    record Err(Errno errno) implements SysResult {}

    /// {@return success with that count}
    static SysResult ok(long value) {
        return value == 0 ? ZERO : new Ok(value);
    }

    /// {@return failure}
    static SysResult err(Errno errno) {
        return new Err(errno);
    }

    /// {@return whether this is success with more than 0}
    default boolean isPositive() {
        return this instanceof Ok(long value) && value > 0;
    }

    /// {@return whether this is that failure}
    default boolean is(Errno errno) {
        return this instanceof Err(Errno mine) && mine == errno;
    }

    /// {@return the count of a success, 0 for a failure}
    default long bytes() {
        return this instanceof Ok(long value) ? value : 0;
    }
}
