package dev.faultline.kernel.syscall;

import dev.faultline.kernel.iov.IovIter;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Madvise;
import dev.faultline.kernel.mm.Mlock;
import dev.faultline.kernel.mm.Mprotect;
import dev.faultline.kernel.mm.Mremap;
import dev.faultline.kernel.mm.Populate;
import dev.faultline.kernel.mm.Signal;
import dev.faultline.kernel.mm.SignalRaised;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.Kind;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Task;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// The table of system calls: by name, with raw arguments as registers hold them.
public final class SystemCalls {
    /// One system call.
    public interface Call {
        /// Runs the call for the running task, a thread of `process`.
        SysResult invoke(Process process, long[] arguments);
    }

    /// A line of the table: a call on the machines that it is made on.
    private interface Entry {
        SysResult invoke(SystemCalls on, Process process, long[] arguments);
    }

    private static final SortedMap<String, Entry> TABLE = table();

    private final Kernel kernel;
    private final FileCalls files;

    /// The calls that the model implements, on these machines.
    public SystemCalls(Kernel kernel) {
        this.kernel = kernel;
        this.files = new FileCalls(kernel);
    }

    private static SortedMap<String, Entry> table() {
        SortedMap<String, Entry> calls = new TreeMap<>();
        fileCalls(calls);
        vectorCalls(calls);
        aioCalls(calls);
        pipeCalls(calls);
        memoryCalls(calls);
        calls.put("mmap", (s, p, a) -> MemoryCalls.mmap(s.kernel, p, a[0], a[1], (int) a[2], (int) a[3], (int) a[4], a[5]));
        calls.put("mincore", (s, p, a) -> mincore(p).mincore(p, untagged(p, a[0]), a[1], a[2]));
        calls.put("process_vm_readv", (s, p, a) -> processVm(s.kernel, p, IovIter.Direction.DESTINATION, a));
        calls.put("process_vm_writev", (s, p, a) -> processVm(s.kernel, p, IovIter.Direction.SOURCE, a));
        calls.put("munmap", (s, p, a) -> MemoryCalls.munmap(p.mm(), untagged(p, a[0]), a[1]));
        calls.put("ioctl", (s, p, a) -> s.files.ioctl(p, (int) a[0], a[1], a[2]));
        calls.put("userfaultfd", (s, p, a) -> s.kernel.userfaults().newUserfaultfd(p.node(), p.mm(), p.files(), (int) a[0]));
        calls.put("poll", (s, p, a) -> PollCalls.poll(p, a[0], a[1], (int) a[2]));
        calls.put("sched_yield", (s, p, a) -> SysResult.ZERO);
        calls.put("getpid", (s, p, a) -> SysResult.ok(p.pid()));
        calls.put("setrlimit", (s, p, a) -> ProcessCalls.setrlimit(p, (int) a[0], a[1]));
        calls.put("prctl", (s, p, a) -> PrctlCalls.prctl(p, a));
        return Collections.unmodifiableSortedMap(calls);
    }

    private static void fileCalls(Map<String, Entry> calls) {
        calls.put("open", (s, p, a) -> s.files.open(p, a[0], (int) a[1]));
        calls.put("dup", (s, p, a) -> s.files.dup(p, (int) a[0]));
        calls.put("close", (s, p, a) -> s.files.close(p, (int) a[0]));
        calls.put("read", (s, p, a) -> s.files.read(p, (int) a[0], new UserRanges.Single(a[1], a[2])));
        calls.put("write", (s, p, a) -> s.files.write(p, (int) a[0], new UserRanges.Single(a[1], a[2])));
        calls.put("pread", (s, p, a) -> s.files.pread(p, (int) a[0], new UserRanges.Single(a[1], a[2]), a[3]));
        calls.put("pwrite", (s, p, a) -> s.files.pwrite(p, (int) a[0], new UserRanges.Single(a[1], a[2]), a[3]));
        calls.put("lseek", (s, p, a) -> s.files.lseek(p, (int) a[0], a[1], (int) a[2]));
        calls.put("fsync", (s, p, a) -> s.files.fsync(p, (int) a[0]));
        calls.put("fdatasync", (s, p, a) -> s.files.fsync(p, (int) a[0]));
        calls.put("fcntl", (s, p, a) -> s.files.fcntl(p, (int) a[0], (int) a[1], a.length > 2 ? a[2] : 0));
        calls.put("memfd_create", (s, p, a) -> s.files.memfdCreate(p, a[0], (int) a[1]));
        calls.put("fallocate", (s, p, a) -> s.files.fallocate(p, (int) a[0], (int) a[1], a[2], a[3]));
        calls.put("ftruncate", (s, p, a) -> s.files.ftruncate(p, (int) a[0], a[1]));
    }

    private static void vectorCalls(Map<String, Entry> calls) {
        calls.put("readv", (s, p, a) -> s.files.read(p, (int) a[0], new UserRanges.Vector(a[1], (int) a[2])));
        calls.put("writev", (s, p, a) -> s.files.write(p, (int) a[0], new UserRanges.Vector(a[1], (int) a[2])));
        calls.put("preadv", (s, p, a) -> s.files.pread(p, (int) a[0], new UserRanges.Vector(a[1], (int) a[2]), a[3]));
        calls.put("pwritev", (s, p, a) -> s.files.pwrite(p, (int) a[0], new UserRanges.Vector(a[1], (int) a[2]), a[3]));
        calls.put("preadv2", (s, p, a) ->
                s.files.preadv2(p, (int) a[0], new UserRanges.Vector(a[1], (int) a[2]), a[3], (int) a[4]));
        calls.put("pwritev2", (s, p, a) ->
                s.files.pwritev2(p, (int) a[0], new UserRanges.Vector(a[1], (int) a[2]), a[3], (int) a[4]));
    }

    private static void aioCalls(Map<String, Entry> calls) {
        calls.put("io_setup", (s, p, a) -> AioCalls.setup(s.kernel, p, a[0] & 0xffff_ffffL, a[1]));
        calls.put("io_destroy", (s, p, a) -> AioCalls.destroy(p, a[0]));
        calls.put("io_submit", (s, p, a) -> AioCalls.submit(p, a[0], a[1], a[2]));
        calls.put("io_getevents", (s, p, a) -> AioCalls.getevents(p, a[0], new long[] {a[1], a[2]}, a[3], a[4]));
    }

    private static void pipeCalls(Map<String, Entry> calls) {
        calls.put("pipe", (s, p, a) -> PipeCalls.pipe2(p, a[0], 0));
        calls.put("pipe2", (s, p, a) -> PipeCalls.pipe2(p, a[0], (int) a[1]));
        calls.put("splice", (s, p, a) -> SpliceCalls.splice(p, (int) a[0], a[1], (int) a[2], a[3], a[4], (int) a[5]));
        calls.put("tee", (s, p, a) -> SpliceCalls.tee(p, (int) a[0], (int) a[1], a[2], (int) a[3]));
        calls.put("vmsplice", (s, p, a) -> SpliceCalls.vmsplice(p, (int) a[0], new UserRanges.Vector(a[1], (int) a[2]), (int) a[3]));
        calls.put("sendfile", (s, p, a) -> CopyCalls.sendfile(p, (int) a[0], (int) a[1], a[2], a[3]));
        calls.put("copy_file_range", (s, p, a) ->
                CopyCalls.copyFileRange(p, (int) a[0], a[1], (int) a[2], a[3], a[4], (int) a[5]));
    }

    private static void memoryCalls(Map<String, Entry> calls) {
        calls.put("waitpid", (s, p, a) -> ProcessCalls.waitpid(p, (int) a[0], a[1], (int) a[2]));
        calls.put("wait", (s, p, a) -> ProcessCalls.waitpid(p, -1, a[0], 0));
        calls.put("mprotect", (s, p, a) -> result(Mprotect.mprotect(p.mm(), untagged(p, a[0]), a[1], (int) a[2])));
        calls.put("mremap", (s, p, a) -> new Mremap(populate(p), p.mm(), a).run());
        calls.put("madvise", (s, p, a) -> result(Madvise.madvise(populate(p), p.mm(), untagged(p, a[0]), a[1], (int) a[2])));
        calls.put("mlock", (s, p, a) -> result(Mlock.mlock(populate(p), p.mm(), untagged(p, a[0]), a[1])));
        calls.put("munlock", (s, p, a) -> result(Mlock.munlock(p.mm(), untagged(p, a[0]), a[1])));
        calls.put("msync", (s, p, a) -> result(Msync.msync(p.mm(), untagged(p, a[0]), a[1], (int) a[2])));
    }

    /// {@return the address without its tag: what calls about areas do with those of today's memory, not with those of new}
    private static long untagged(Process process, long address) {
        return process.mm().architecture().untagged(address);
    }

    private static SysResult processVm(Kernel kernel, Process process, IovIter.Direction direction, long[] a) {
        return new ProcessVm(kernel, process, direction)
                .run((int) a[0], new UserRanges.Vector(a[1], (int) a[2]),
                new UserRanges.Vector(a[3], Math.clamp(a[4], -1, Integer.MAX_VALUE)), a[5]); // not cut to its low half
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
    /// @throws IllegalArgumentException if the model has none; [#names] says which it has
    public Call get(String name) {
        Entry call = TABLE.get(name);
        if (call == null) {
            throw new IllegalArgumentException("the model has no system call " + name);
        }
        return (process, arguments) -> returning(process, call.invoke(this, process, arguments));
    }

    /// Looks whether the running task leaves the kernel with a lock that nobody else will give up, and lets it have the
    /// signal that it was sent meanwhile.
    @Models(file = "kernel/locking/lockdep.c", symbol = "lockdep_sys_exit")
    private static SysResult returning(Process process, SysResult result) {
        Machine machine = process.node().machine();
        for (Task.Hold hold : machine.current().held()) {
            if (!hold.lock().isHandedOver()) {
                throw machine.finding(Kind.BUG, "lock held when returning to user space: " + hold.lock().label());
            }
        }
        Optional<Signal> signal = TaskStruct.current(machine).takePending().or(process.node().physical()::killed);
        if (signal.isPresent()) {
            throw new SignalRaised(signal.get());
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
        return List.copyOf(TABLE.keySet());
    }
}
