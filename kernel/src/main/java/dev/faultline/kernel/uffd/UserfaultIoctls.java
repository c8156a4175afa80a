package dev.faultline.kernel.uffd;

import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Mm;
import dev.faultline.kernel.mm.Mprotect;
import dev.faultline.kernel.mm.UserAccess;
import dev.faultline.kernel.mm.UserStruct;
import dev.faultline.kernel.mm.VmFlag;
import dev.faultline.kernel.mm.Vma;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.kernel.uapi.Uffd;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;

/// The commands of an userfaultfd (fs/userfaultfd.c); those that put pages in place are in [FillIoctls].
final class UserfaultIoctls {
    private static final long API_IOCTLS =
            Uffd.available(Uffd.IOC_REGISTER) | Uffd.available(Uffd.IOC_UNREGISTER) | Uffd.available(Uffd.IOC_API);
    private static final long RANGE_IOCTLS = Uffd.available(Uffd.IOC_WAKE) | Uffd.available(Uffd.IOC_COPY)
            | Uffd.available(Uffd.IOC_ZEROPAGE) | Uffd.available(Uffd.IOC_MOVE) | Uffd.available(Uffd.IOC_POISON);
    private static final long NOT_FOR_HUGETLB = Uffd.available(Uffd.IOC_ZEROPAGE) | Uffd.available(Uffd.IOC_MOVE);
    private static final long MODES =
            Uffd.REGISTER_MODE_MISSING | Uffd.REGISTER_MODE_WP | Uffd.REGISTER_MODE_MINOR;

    private final UserfaultfdCtx ctx;
    private final UserAccess access;
    private final FillIoctls fills;

    UserfaultIoctls(Node node, UserfaultfdCtx ctx) {
        this.fills = new FillIoctls(node, ctx);
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
        } else if (command == Uffd.IOC_WRITEPROTECT) {
            return writeprotect(argument);
        }
        return fills.ioctl(command, argument);
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
        Optional<Errno> impossible = Registration.validateRange(start, length);
        Registration.Registered registered = impossible.map(Registration.Registered::not)
                .orElseGet(() -> Registration.register(ctx, start, start + length, flags(mode)));
        if (registered.wrong().isPresent()) {
            return SysResult.err(registered.wrong().get());
        }
        long offered = registered.hasHugetlb() ? ioctls(mode) & ~NOT_FOR_HUGETLB : ioctls(mode);
        return UserStruct.write(access, argument + 24, offered) ? SysResult.ZERO : SysResult.err(Errno.EFAULT);
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

    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_writeprotect")
    private SysResult writeprotect(long argument) {
        if (ctx.mmapChanging().inProgress()) {
            return SysResult.err(Errno.EAGAIN);
        }
        Optional<long[]> in = UserStruct.read(access, argument, 3);
        if (in.isEmpty()) {
            return SysResult.err(Errno.EFAULT);
        }
        long start = in.get()[0];
        long length = in.get()[1];
        long mode = in.get()[2];
        boolean known = mode == 0 || mode == Uffd.WRITEPROTECT_MODE_WP || mode == Uffd.WRITEPROTECT_MODE_DONTWAKE;
        if (Registration.validateRange(start, length).isPresent() || !known) {
            return SysResult.err(Errno.EINVAL);
        }
        Optional<Errno> wrong = mwriteprotectRange(start, start + length, mode == Uffd.WRITEPROTECT_MODE_WP);
        if (wrong.isEmpty() && mode == 0) {
            ctx.wakeUserfault(start, length);
        }
        return wrong.map(SysResult::err).orElse(SysResult.ZERO);
    }

    /// Takes and drops `mmap_lock` for reading. What lies in front of an area that is not registered for it stays done.
    @Models(file = "mm/userfaultfd.c", symbol = "mwriteprotect_range")
    private Optional<Errno> mwriteprotectRange(long start, long end, boolean enable) {
        Mm mm = ctx.mm();
        mm.mmapLock().downRead();
        ctx.mmapChanging().lock().downRead();
        Optional<Errno> error = Optional.of(Errno.EAGAIN);
        if (mm.hasEnded()) {
            error = Optional.of(Errno.ESRCH);
        } else if (!ctx.mmapChanging().inProgress()) {
            List<Vma> areas = mm.areas(start, end);
            error = areas.isEmpty() ? Optional.of(Errno.ENOENT) : Optional.empty();
            for (int i = 0; i < areas.size() && error.isEmpty(); i++) {
                Vma vma = areas.get(i);
                if (vma.has(VmFlag.HUGETLB) && (start | end) % vma.pageBytes() != 0) {
                    error = Optional.of(vma.has(VmFlag.UFFD_WP) ? Errno.EINVAL : Errno.ENOENT);
                } else if (vma.has(VmFlag.UFFD_WP)) {
                    Mprotect.uffdWpRange(vma, Math.max(start, vma.start()), Math.min(end, vma.end()), enable);
                } else {
                    error = Optional.of(Errno.ENOENT);
                }
            }
        }
        ctx.mmapChanging().lock().upRead();
        mm.mmapLock().upRead();
        return error;
    }
}
