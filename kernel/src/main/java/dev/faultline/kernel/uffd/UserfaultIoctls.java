package dev.faultline.kernel.uffd;

import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.UserAccess;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.kernel.uapi.Uffd;
import java.util.EnumSet;
import java.util.Optional;

/// The commands of an userfaultfd (fs/userfaultfd.c).
final class UserfaultIoctls {
    private static final long API_IOCTLS =
            Uffd.available(Uffd.IOC_REGISTER) | Uffd.available(Uffd.IOC_UNREGISTER) | Uffd.available(Uffd.IOC_API);
    private static final long RANGE_IOCTLS = Uffd.available(Uffd.IOC_WAKE) | Uffd.available(Uffd.IOC_COPY)
            | Uffd.available(Uffd.IOC_ZEROPAGE) | Uffd.available(Uffd.IOC_MOVE) | Uffd.available(Uffd.IOC_POISON);
    private static final long MODES =
            Uffd.REGISTER_MODE_MISSING | Uffd.REGISTER_MODE_WP | Uffd.REGISTER_MODE_MINOR;

    private final Node node;
    private final UserfaultfdCtx ctx;
    private final UserAccess access;

    UserfaultIoctls(Node node, UserfaultfdCtx ctx) {
        this.node = node;
        this.ctx = ctx;
        this.access = node.userMemory().access();
    }

    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_ioctl")
    SysResult ioctl(long command, long argument) {
        if (command != Uffd.IOC_API && !ctx.isInitialized()) {
            return SysResult.err(Errno.EINVAL);
        }
        if (command == Uffd.IOC_API) {
            return api(argument);
        } else if (command == Uffd.IOC_REGISTER) {
            return register(argument);
        } else if (command == Uffd.IOC_UNREGISTER) {
            return unregister(argument);
        } else if (command == Uffd.IOC_WAKE) {
            return wake(argument);
        } else if (command == Uffd.IOC_COPY) {
            return copy(argument);
        } else if (command == Uffd.IOC_ZEROPAGE) {
            return zeropage(argument);
        }
        return SysResult.err(Errno.EINVAL);
    }

    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_api")
    private SysResult api(long argument) {
        Optional<long[]> in = UserStruct.read(access, argument, 3);
        if (in.isEmpty()) {
            return SysResult.err(Errno.EFAULT);
        }
        long features = in.get()[1];
        if ((features & Uffd.FEATURE_WP_ASYNC) != 0) {
            features |= Uffd.FEATURE_WP_UNPOPULATED;
        }
        if (in.get()[0] == Uffd.API && (features & ~Uffd.FEATURES) == 0) {
            if (!UserStruct.write(access, argument, Uffd.API, Uffd.FEATURES, API_IOCTLS)) {
                return SysResult.err(Errno.EFAULT);
            }
            if (ctx.initialize(features)) {
                return SysResult.ZERO;
            }
        }
        return SysResult.err(UserStruct.write(access, argument, 0, 0, 0) ? Errno.EINVAL : Errno.EFAULT);
    }

    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_register")
    private SysResult register(long argument) {
        Optional<long[]> in = UserStruct.read(access, argument, 3);
        if (in.isEmpty()) {
            return SysResult.err(Errno.EFAULT);
        }
        long start = in.get()[0];
        long length = in.get()[1];
        long mode = in.get()[2];
        if (mode == 0 || (mode & ~MODES) != 0) {
            return SysResult.err(Errno.EINVAL);
        }
        Optional<Errno> wrong = Registration.validateRange(start, length)
                .or(() -> Registration.register(ctx, start, start + length, flags(mode)));
        if (wrong.isPresent()) {
            return SysResult.err(wrong.get());
        }
        return UserStruct.write(access, argument + 24, ioctls(mode)) ? SysResult.ZERO : SysResult.err(Errno.EFAULT);
    }

    private static EnumSet<VmFlag> flags(long mode) {
        EnumSet<VmFlag> flags = EnumSet.noneOf(VmFlag.class);
        if ((mode & Uffd.REGISTER_MODE_MISSING) != 0) {
            flags.add(VmFlag.UFFD_MISSING);
        }
        if ((mode & Uffd.REGISTER_MODE_WP) != 0) {
            flags.add(VmFlag.UFFD_WP);
        }
        if ((mode & Uffd.REGISTER_MODE_MINOR) != 0) {
            flags.add(VmFlag.UFFD_MINOR);
        }
        return flags;
    }

    private static long ioctls(long mode) {
        long ioctls = RANGE_IOCTLS;
        if ((mode & Uffd.REGISTER_MODE_WP) != 0) {
            ioctls |= Uffd.available(Uffd.IOC_WRITEPROTECT);
        }
        if ((mode & Uffd.REGISTER_MODE_MINOR) != 0) {
            ioctls |= Uffd.available(Uffd.IOC_CONTINUE);
        }
        return ioctls;
    }

    private interface OnRange {
        Optional<Errno> run(long start, long length);
    }

    private SysResult onRange(long argument, OnRange command) {
        Optional<long[]> in = UserStruct.read(access, argument, 2);
        if (in.isEmpty()) {
            return SysResult.err(Errno.EFAULT);
        }
        long start = in.get()[0];
        long length = in.get()[1];
        Optional<Errno> wrong = Registration.validateRange(start, length).or(() -> command.run(start, length));
        return wrong.map(SysResult::err).orElse(SysResult.ZERO);
    }

    private SysResult unregister(long argument) {
        return onRange(argument, (start, length) -> Registration.unregister(ctx, start, start + length));
    }

    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_wake")
    private SysResult wake(long argument) {
        return onRange(argument, (start, length) -> {
            ctx.wakeUserfault(start, length);
            return Optional.empty();
        });
    }

    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_copy")
    private SysResult copy(long argument) {
        long out = argument + 32;
        if (ctx.mmapChanging().read() != 0) {
            return changing(out);
        }
        Optional<long[]> in = UserStruct.read(access, argument, 4);
        if (in.isEmpty()) {
            return SysResult.err(Errno.EFAULT);
        }
        long destination = in.get()[0];
        long source = in.get()[1];
        long length = in.get()[2];
        long mode = in.get()[3];
        Optional<Errno> wrong = Registration.validateUnalignedRange(source, length)
                .or(() -> Registration.validateRange(destination, length));
        if (wrong.isPresent() || (mode & ~(Uffd.MODE_DONTWAKE | Uffd.MODE_WP)) != 0) {
            return SysResult.err(Errno.EINVAL);
        }
        return filled(new Mfill(node, ctx, Mfill.Mode.COPY, destination, source, length).run(),
                new Fill(destination, length, mode, out));
    }

    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_zeropage")
    private SysResult zeropage(long argument) {
        long out = argument + 24;
        if (ctx.mmapChanging().read() != 0) {
            return changing(out);
        }
        Optional<long[]> in = UserStruct.read(access, argument, 3);
        if (in.isEmpty()) {
            return SysResult.err(Errno.EFAULT);
        }
        long start = in.get()[0];
        long length = in.get()[1];
        long mode = in.get()[2];
        if (Registration.validateRange(start, length).isPresent() || (mode & ~Uffd.MODE_DONTWAKE) != 0) {
            return SysResult.err(Errno.EINVAL);
        }
        return filled(new Mfill(node, ctx, Mfill.Mode.ZEROPAGE, start, 0, length).run(),
                new Fill(start, length, mode, out));
    }

    /// What a request asked for, and where its answer goes.
    private record Fill(long start, long lengthBytes, long mode, long out) {}

    private SysResult changing(long out) {
        return UserStruct.write(access, out, -Errno.EAGAIN.number())
                ? SysResult.err(Errno.EAGAIN) : SysResult.err(Errno.EFAULT);
    }

    /// Answers, and wakes who waits for what is there now.
    private SysResult filled(SysResult result, Fill asked) {
        long answer = result instanceof SysResult.Err(Errno errno) ? -errno.number() : result.bytes();
        if (!UserStruct.write(access, asked.out(), answer)) {
            return SysResult.err(Errno.EFAULT);
        }
        if (answer < 0) {
            return result;
        }
        if ((asked.mode() & Uffd.MODE_DONTWAKE) == 0) {
            ctx.wakeUserfault(asked.start(), answer);
        }
        return answer == asked.lengthBytes() ? SysResult.ZERO : SysResult.err(Errno.EAGAIN);
    }
}
