package dev.faultline.kernel.syscall;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Madvise;
import dev.faultline.kernel.mm.Mlock;
import dev.faultline.kernel.mm.Mprotect;
import dev.faultline.kernel.mm.Mremap;
import dev.faultline.kernel.mm.Populate;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// The table of system calls: by name, with raw arguments as registers hold them.
public final class SystemCalls {
    /// One system call.
    public interface Call {
        /// Runs the call for the running task, a thread of `process`.
        SysResult invoke(Process process, long[] arguments);
    }

    private final TreeMap<String, Call> calls = new TreeMap<>();

    /// The calls that the model implements, on these machines.
    public SystemCalls(Kernel kernel) {
        FileCalls files = new FileCalls(kernel);
        fileCalls(files);
        vectorCalls(files);
        aioCalls(kernel);
        calls.put("mmap", (p, a) -> MemoryCalls.mmap(kernel, p, a[0], a[1], (int) a[2], (int) a[3], (int) a[4], a[5]));
        memoryCalls();
        calls.put("mincore", (p, a) -> mincore(p).mincore(p, untagged(p, a[0]), a[1], a[2]));
        calls.put("munmap", (p, a) -> MemoryCalls.munmap(p.mm(), untagged(p, a[0]), a[1]));
        calls.put("ioctl", (p, a) -> files.ioctl(p, (int) a[0], a[1], a[2]));
        calls.put("userfaultfd", (p, a) -> kernel.userfaults().newUserfaultfd(p.node(), p.mm(), p.files(), (int) a[0]));
        calls.put("poll", (p, a) -> PollCalls.poll(p, a[0], a[1], (int) a[2]));
        calls.put("sched_yield", (p, a) -> SysResult.ZERO);
        calls.put("prctl", PrctlCalls::prctl);
    }

    private void fileCalls(FileCalls files) {
        calls.put("open", (p, a) -> files.open(p, a[0], (int) a[1]));
        calls.put("close", (p, a) -> files.close(p, (int) a[0]));
        calls.put("read", (p, a) -> files.read(p, (int) a[0], new UserRanges.Single(a[1], a[2])));
        calls.put("write", (p, a) -> files.write(p, (int) a[0], new UserRanges.Single(a[1], a[2])));
        calls.put("pread", (p, a) -> files.pread(p, (int) a[0], new UserRanges.Single(a[1], a[2]), a[3]));
        calls.put("pwrite", (p, a) -> files.pwrite(p, (int) a[0], new UserRanges.Single(a[1], a[2]), a[3]));
        calls.put("lseek", (p, a) -> files.lseek(p, (int) a[0], a[1], (int) a[2]));
        calls.put("fsync", (p, a) -> files.fsync(p, (int) a[0]));
        calls.put("fdatasync", (p, a) -> files.fsync(p, (int) a[0]));
        calls.put("fcntl", (p, a) -> files.fcntl(p, (int) a[0], (int) a[1], a.length > 2 ? a[2] : 0));
        calls.put("memfd_create", (p, a) -> files.memfdCreate(p, a[0], (int) a[1]));
        calls.put("fallocate", (p, a) -> files.fallocate(p, (int) a[0], (int) a[1], a[2], a[3]));
        calls.put("ftruncate", (p, a) -> files.ftruncate(p, (int) a[0], a[1]));
    }

    private void vectorCalls(FileCalls files) {
        calls.put("readv", (p, a) -> files.read(p, (int) a[0], new UserRanges.Vector(a[1], (int) a[2])));
        calls.put("writev", (p, a) -> files.write(p, (int) a[0], new UserRanges.Vector(a[1], (int) a[2])));
        calls.put("preadv", (p, a) -> files.pread(p, (int) a[0], new UserRanges.Vector(a[1], (int) a[2]), a[3]));
        calls.put("pwritev", (p, a) -> files.pwrite(p, (int) a[0], new UserRanges.Vector(a[1], (int) a[2]), a[3]));
    }

    private void aioCalls(Kernel kernel) {
        calls.put("io_setup", (p, a) -> AioCalls.setup(kernel, p, a[0] & 0xffff_ffffL, a[1]));
        calls.put("io_destroy", (p, a) -> AioCalls.destroy(p, a[0]));
        calls.put("io_submit", (p, a) -> AioCalls.submit(p, a[0], a[1], a[2]));
        calls.put("io_getevents", (p, a) -> AioCalls.getevents(p, a[0], new long[] {a[1], a[2]}, a[3], a[4]));
    }

    private void memoryCalls() {
        calls.put("waitpid", (p, a) -> ProcessCalls.waitpid(p, (int) a[0], a[1], (int) a[2]));
        calls.put("wait", (p, a) -> ProcessCalls.waitpid(p, -1, a[0], 0));
        calls.put("mprotect", (p, a) -> result(Mprotect.mprotect(p.mm(), untagged(p, a[0]), a[1], (int) a[2])));
        calls.put("mremap", (p, a) -> new Mremap(populate(p), p.mm(), a).run());
        calls.put("madvise", (p, a) -> result(Madvise.madvise(populate(p), p.mm(), untagged(p, a[0]), a[1], (int) a[2])));
        calls.put("mlock", (p, a) -> result(Mlock.mlock(populate(p), p.mm(), untagged(p, a[0]), a[1])));
        calls.put("munlock", (p, a) -> result(Mlock.munlock(p.mm(), untagged(p, a[0]), a[1])));
        calls.put("msync", (p, a) -> result(Msync.msync(p.mm(), untagged(p, a[0]), a[1], (int) a[2])));
    }

    /// {@return the address without its tag: what calls about areas do with those of today's memory, not with those of new}
    private static long untagged(Process process, long address) {
        return process.mm().architecture().untagged(address);
    }

    private static Populate populate(Process process) {
        return process.node().userMemory().populate();
    }

    private static SysResult result(Optional<Errno> error) {
        return error.map(SysResult::err).orElse(SysResult.ZERO);
    }

    private static Mincore mincore(Process process) {
        return process.node().parts().get(Mincore.PART, Mincore::new);
    }

    /// {@return the call with that name}
    ///
    /// @throws IllegalArgumentException if the model has none; [#NAMES] says which it has
    public Call get(String name) {
        Call call = calls.get(name);
        if (call == null) {
            throw new IllegalArgumentException("the model has no system call " + name);
        }
        return (process, arguments) -> returning(process, call.invoke(process, arguments));
    }

    /// Looks whether the running task leaves the kernel with a lock that nobody else will give up.
    @Models(file = "kernel/locking/lockdep.c", symbol = "lockdep_sys_exit")
    private static SysResult returning(Process process, SysResult result) {
        Machine machine = process.node().machine();
        for (Task.Hold hold : machine.current().held()) {
            if (!hold.lock().isHandedOver()) {
                throw machine.finding(Kind.BUG, "lock held when returning to user space: " + hold.lock().label());
            }
        }
        return result;
    }

    /// Opens a file by a path that is not in user memory: the C library's string constants.
    ///
    /// @return the descriptor, or the error
    public static SysResult open(Kernel kernel, Process process, String path, int flags) {
        return new FileCalls(kernel).open(process, path, flags & ~Fcntl.O_CLOEXEC);
    }

    /// {@return the names of the calls that the model implements, sorted}
    public static List<String> names() {
        return List.of("close", "fallocate", "fcntl", "fdatasync", "fsync", "ftruncate", "io_destroy", "io_getevents",
                "io_setup", "io_submit", "ioctl", "lseek", "madvise", "memfd_create", "mincore", "mlock", "mmap",
                "mprotect", "mremap", "msync", "munlock", "munmap", "open", "poll", "prctl", "pread", "preadv", "pwrite",
                "pwritev", "read", "readv", "sched_yield", "userfaultfd", "wait", "waitpid", "write", "writev");
    }

    /// {@return the names of the calls in the table, sorted}
    List<String> tableNames() {
        return new ArrayList<>(calls.keySet());
    }
}
