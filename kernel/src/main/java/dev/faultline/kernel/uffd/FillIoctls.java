package dev.faultline.kernel.uffd;

import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.mm.UserAccess;
import dev.faultline.kernel.mm.UserStruct;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.kernel.uapi.Uffd;
import java.util.Optional;
import java.util.function.Supplier;

/// The commands that put pages in place (fs/userfaultfd.c). Their structs end in a word for the answer: the bytes
/// done, or the negative error; it is left alone where the arguments are wrong.
final class FillIoctls {
    private final Node node;
    private final UserfaultfdCtx ctx;
    private final UserAccess access;

    FillIoctls(Node node, UserfaultfdCtx ctx) {
        this.node = node;
        this.ctx = ctx;
        this.access = node.userMemory().access();
    }

    /// What a command asks for.
    ///
    /// @param source 0 where there is none
    /// @param out    where its answer goes
    private record Request(long start, long source, long lengthBytes, long mode, long out) {}

    SysResult ioctl(long command, long argument) {
        if (command == Uffd.IOC_COPY) {
            return transfer(argument, this::copy);
        } else if (command == Uffd.IOC_MOVE) {
            return transfer(argument, this::move);
        } else if (command == Uffd.IOC_ZEROPAGE) {
            return overRange(argument, request -> fill(request, Mfill.Mode.ZEROPAGE, Uffd.MODE_DONTWAKE));
        } else if (command == Uffd.IOC_CONTINUE) {
            return overRange(argument, request -> fill(request, Mfill.Mode.CONTINUE, Uffd.MODE_DONTWAKE | Uffd.MODE_WP));
        } else if (command == Uffd.IOC_POISON) {
            return overRange(argument, request -> fill(request, Mfill.Mode.POISON, Uffd.MODE_DONTWAKE));
        }
        return SysResult.err(Errno.EINVAL);
    }

    private interface Command {
        SysResult run(Request request);
    }

    /// A struct that names two places.
    private SysResult transfer(long argument, Command command) {
        return begin(argument, 4, in -> command.run(new Request(in[0], in[1], in[2], in[3], argument + 32)));
    }

    /// A struct that names one range.
    private SysResult overRange(long argument, Command command) {
        return begin(argument, 3, in -> command.run(new Request(in[0], 0, in[1], in[2], argument + 24)));
    }

    private interface Struct {
        SysResult run(long[] words);
    }

    private SysResult begin(long argument, int words, Struct command) {
        if (ctx.mmapChanging().inProgress()) {
            boolean told = UserStruct.write(access, argument + 8L * words, -Errno.EAGAIN.number());
            return SysResult.err(told ? Errno.EAGAIN : Errno.EFAULT);
        }
        Optional<long[]> in = UserStruct.read(access, argument, words);
        return in.isEmpty() ? SysResult.err(Errno.EFAULT) : command.run(in.get());
    }

    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_copy")
    private SysResult copy(Request request) {
        if (Registration.validateUnalignedRange(request.source(), request.lengthBytes()).isPresent()) {
            return SysResult.err(Errno.EINVAL);
        }
        return fill(request, Mfill.Mode.COPY, Uffd.MODE_DONTWAKE | Uffd.MODE_WP);
    }

    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_zeropage")
    private SysResult fill(Request request, Mfill.Mode kind, long knownModes) {
        return checked(request, knownModes, () -> new Mfill(node, ctx, kind, request.start(), request.source(),
                request.lengthBytes(), request.mode()).run());
    }

    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_move")
    private SysResult move(Request request) {
        boolean own = TaskStruct.current(node.machine()).mm().filter(mm -> mm == ctx.mm()).isPresent();
        if (!own || Registration.validateRange(request.source(), request.lengthBytes()).isPresent()) {
            return SysResult.err(Errno.EINVAL);
        }
        boolean holes = (request.mode() & Uffd.MOVE_MODE_ALLOW_SRC_HOLES) != 0;
        return checked(request, Uffd.MODE_DONTWAKE | Uffd.MOVE_MODE_ALLOW_SRC_HOLES, () ->
                new MovePages(node, ctx, request.start(), request.source(), request.lengthBytes(), holes).run());
    }

    private SysResult checked(Request request, long knownModes, Supplier<SysResult> work) {
        if (Registration.validateRange(request.start(), request.lengthBytes()).isPresent()
                || (request.mode() & ~knownModes) != 0) {
            return SysResult.err(Errno.EINVAL);
        }
        return answered(request, work.get());
    }

    /// Answers, and wakes who waits for what is there now.
    private SysResult answered(Request request, SysResult result) {
        if (result.is(Errno.ESRCH)) {
            return result; // nobody is there to be served
        }
        long answer = result instanceof SysResult.Err(Errno errno) ? -errno.number() : result.bytes();
        if (!UserStruct.write(access, request.out(), answer)) {
            return SysResult.err(Errno.EFAULT);
        }
        if (answer < 0) {
            return result;
        }
        if ((request.mode() & Uffd.MODE_DONTWAKE) == 0) {
            ctx.wakeUserfault(request.start(), answer);
        }
        return answer == request.lengthBytes() ? SysResult.ZERO : SysResult.err(Errno.EAGAIN);
    }
}
