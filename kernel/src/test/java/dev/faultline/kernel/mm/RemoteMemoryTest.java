package dev.faultline.kernel.mm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/// The memory of processes as others reach it. All results are those of v6.18.
class RemoteMemoryTest {
    private static final long P = 4096;

    private interface Body {
        void run(Sandbox.Program program, long memory);
    }

    /// Three pages, the middle one of which is not mapped, and one to work with behind them.
    private static void run(Body body) {
        Sandbox sandbox = Sandbox.ext4();
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            long p = program.anonymous(4 * P);
            program.store(p + P - 1, 'a');
            program.store(p + 2 * P, 'b');
            program.must("munmap", p + P, P);
            body.run(program, p);
        }));
    }

    private static long iovec(Sandbox.Program program, long at, long... words) {
        for (int i = 0; i < words.length; i++) {
            program.store(at + 8L * i, 8, words[i]);
        }
        return at;
    }

    private static SysResult read(Sandbox.Program program, long pid, long local, long locals, long remote, long remotes) {
        return program.call("process_vm_readv", pid, local, locals, remote, remotes, 0);
    }

    @Test
    void rangesAreReadUpToWhereThereIsNoMemory() {
        run((program, p) -> {
            long work = p + 3 * P;
            long local = iovec(program, work, work + 512, 8);
            assertEquals(SysResult.ok(4), read(program, program.pid(), local, 1, iovec(program, work + 64, p + P - 4, 8), 1));
            assertEquals('a', program.load(work + 512 + 3));
            assertEquals(SysResult.ok(4), read(program, program.pid(), local, 1,
                    iovec(program, work + 64, p, 4, p + P, 4), 2));
            assertEquals(SysResult.err(Errno.EFAULT), read(program, program.pid(), local, 1,
                    iovec(program, work + 64, -1, 4), 1));
            assertEquals(SysResult.ok(2), read(program, program.pid(),
                    iovec(program, work + 128, work + 512, 2, p + P, 2), 2, iovec(program, work + 64, p, 4), 1));
        });
    }

    @Test
    void argumentsAreLookedAtInTheOrderOfLinux() {
        run((program, p) -> {
            long work = p + 3 * P;
            long local = iovec(program, work, work + 512, 4);
            long remote = iovec(program, work + 64, p, 4);
            long empty = iovec(program, work + 128, p, 0);
            long nobody = 99_999_999;
            assertEquals(SysResult.err(Errno.EINVAL),
                    program.call("process_vm_readv", nobody, local, 1, remote, 1, 1));
            assertEquals(SysResult.ok(0), read(program, nobody, local, 0, remote, 1));
            assertEquals(SysResult.ok(0), read(program, nobody, local, 1, empty, 1));
            assertEquals(SysResult.err(Errno.ESRCH), read(program, nobody, local, 1, remote, 1));
            assertEquals(SysResult.err(Errno.EINVAL), read(program, program.pid(), local, 1, remote, 1025));
            assertEquals(SysResult.err(Errno.EFAULT), read(program, program.pid(), local, 1, 0, 1));
        });
    }

    @Test
    void aChildThatHasEndedIsNobody() {
        run((program, p) -> {
            long work = p + 3 * P;
            long local = iovec(program, work, work + 512, 4);
            long remote = iovec(program, work + 64, p, 4);
            Sandbox.Program child = program.fork();
            assertEquals(SysResult.ok(4), read(program, child.pid(), local, 1, remote, 1));
            child.exit(0);
            assertEquals(SysResult.err(Errno.ESRCH), read(program, child.pid(), local, 1, remote, 1));
        });
    }

    @Test
    void writingObeysTheProtection() {
        run((program, p) -> {
            long work = p + 3 * P;
            program.store(work + 512, 'w');
            long local = iovec(program, work, work + 512, 1);
            long remote = iovec(program, work + 64, p, 1);
            Sandbox.Program child = program.fork();
            assertEquals(SysResult.ok(1), program.call("process_vm_writev", child.pid(), local, 1, remote, 1, 0));
            assertEquals('w', child.load(p));
            assertEquals(0, program.load(p));
            child.must("mprotect", p, P, Mman.PROT_READ);
            assertEquals(SysResult.err(Errno.EFAULT),
                    program.call("process_vm_writev", child.pid(), local, 1, remote, 1, 0));
            child.must("mprotect", p, P, 0);
            assertEquals(SysResult.err(Errno.EFAULT), read(program, child.pid(), local, 1, remote, 1));
        });
    }

    @Test
    void debuggersObeyNoProtectionOfPrivateMemory() {
        run((program, p) -> {
            int mem = program.open("/proc/self/mem", 0);
            long work = p + 3 * P;
            program.store(work, 'x');
            program.must("mprotect", p, P, Mman.PROT_READ);
            assertEquals(SysResult.ok(1), program.call("pwrite", mem, work, 1, p));
            assertEquals('x', program.load(p));
            program.must("mprotect", p, P, 0);
            assertEquals(SysResult.ok(1), program.call("pwrite", mem, work, 1, p + 1));
            assertEquals(SysResult.ok(1), program.call("pread", mem, work + 8, 1, p + 1));
            assertEquals('x', program.load(work + 8));
            assertEquals(SysResult.ok(4), program.call("pread", mem, work + 8, 8, p + P - 4));
            assertEquals(SysResult.err(Errno.EIO), program.call("pread", mem, work + 8, 8, p + P));
            assertEquals(SysResult.ok(P), program.call("pwrite", mem, p + 2 * P, 2 * P, p));
            assertEquals(SysResult.err(Errno.EFAULT), program.call("pread", mem, p, 4, work));
            assertEquals(SysResult.err(Errno.ENODEV), program.call("mmap", 0, P, Mman.PROT_READ, Mman.MAP_PRIVATE, mem, 0));
        });
    }

    /// The entry is not marked by that; whoever takes the page away has to know.
    @Test
    void whatIsWrittenFromElsewhereIsNotLost() {
        Sandbox sandbox = Sandbox.tmpfs(OptionalLong.empty()).hole("/mnt/f", P);
        sandbox.swapOn(4);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            long shared = program.shared(program.open("/mnt/f", 0), P);
            long mine = program.anonymous(P);
            long work = program.anonymous(P);
            int mem = program.open("/proc/self/mem", 0);
            program.store(work, 'w');
            program.load(shared);
            program.must("mprotect", shared, P, Mman.PROT_READ);
            program.must("mprotect", shared, P, Mman.PROT_READ | Mman.PROT_WRITE); // writable, and clean
            program.store(mine, 'a');
            program.must("madvise", mine, P, Mman.MADV_FREE);
            for (long p : new long[] {mine, shared}) {
                assertEquals(1, program.must("pwrite", mem, work, 1, p));
                program.must("madvise", p, P, Mman.MADV_PAGEOUT);
                assertEquals('w', program.load(p));
            }
        }));
    }
}
