package dev.faultline.kernel.fs.tmpfs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.mm.FolioHold;
import dev.faultline.kernel.mm.GupFlag;
import dev.faultline.kernel.mm.GupResult;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// What Linux answers about files that can be sealed, one call after the other; everything was tried on Linux 6.18.
class SealsTest {
    private static final int READ = Mman.PROT_READ;
    private static final int PROT = Mman.PROT_READ | Mman.PROT_WRITE;
    private static final int PUNCH = Fcntl.FALLOC_FL_PUNCH_HOLE | Fcntl.FALLOC_FL_KEEP_SIZE;

    private static void run(Consumer<Sandbox.Program> body) {
        Sandbox sandbox = Sandbox.tmpfs(OptionalLong.empty()).file("/mnt/f", 4096, 'a');
        assertEquals(List.of(), sandbox.run(() -> body.accept(sandbox.program(1))));
    }

    private static void fails(SysResult result, Errno errno) {
        assertEquals(SysResult.err(errno), result);
    }

    private static int memfd(Sandbox.Program program, int flags) {
        long name = program.anonymous(4096);
        program.store(name, 'x');
        return (int) program.must("memfd_create", name, flags);
    }

    /// A file of one page with those seals.
    private static int sealed(Sandbox.Program program, int seals) {
        int fd = memfd(program, Mman.MFD_ALLOW_SEALING);
        program.must("ftruncate", fd, 4096);
        program.must("fcntl", fd, Fcntl.F_ADD_SEALS, seals);
        return fd;
    }

    @Test
    void namesAndFlags() {
        run(program -> {
            long name = program.anonymous(4096);
            program.fill(name, 249, 'n');
            program.must("memfd_create", name, 0);
            program.store(name + 249, 'n');
            fails(program.call("memfd_create", name, 0), Errno.EINVAL);
            fails(program.call("memfd_create", 16, 0), Errno.EFAULT);
            fails(program.call("memfd_create", name, 0x40), Errno.EINVAL);
            fails(program.call("memfd_create", name, Mman.MFD_EXEC | Mman.MFD_NOEXEC_SEAL), Errno.EINVAL);
        });
    }

    @Test
    void whatIsNotMadeForItCannotBeSealed() {
        run(program -> {
            for (int fd : new int[] {memfd(program, 0), program.open("/mnt/f", 0)}) {
                assertEquals(Fcntl.F_SEAL_SEAL, program.must("fcntl", fd, Fcntl.F_GET_SEALS));
                fails(program.call("fcntl", fd, Fcntl.F_ADD_SEALS, 0), Errno.EPERM);
                fails(program.call("fcntl", fd, Fcntl.F_ADD_SEALS, 0x40), Errno.EINVAL);
            }
            fails(program.call("fcntl", program.openReadOnly("/mnt/f"), Fcntl.F_ADD_SEALS, 0x40), Errno.EPERM);
            fails(program.call("fcntl", 99, Fcntl.F_GET_SEALS), Errno.EBADF);
            assertEquals(Fcntl.F_SEAL_EXEC,
                    program.must("fcntl", memfd(program, Mman.MFD_NOEXEC_SEAL), Fcntl.F_GET_SEALS));
        });
        Sandbox disk = Sandbox.ext4().file("/mnt/f", 4096, 'a');
        assertEquals(List.of(), disk.run(() -> {
            Sandbox.Program program = disk.program(1);
            fails(program.call("fcntl", program.open("/mnt/f", 0), Fcntl.F_GET_SEALS), Errno.EINVAL);
        }));
    }

    @Test
    void shrinking() {
        run(program -> {
            int fd = sealed(program, Fcntl.F_SEAL_SHRINK);
            fails(program.call("ftruncate", fd, 0), Errno.EPERM);
            program.must("ftruncate", fd, 4096);
            program.must("ftruncate", fd, 8192);
        });
    }

    @Test
    void growing() {
        run(program -> {
            int fd = sealed(program, Fcntl.F_SEAL_GROW);
            long memory = program.anonymous(8192);
            assertEquals(4096, program.must("pwrite", fd, memory, 8192, 0));
            assertEquals(4096, program.must("pwrite", fd, memory, 4097, 0));
            program.must("ftruncate", fd, 0);
            fails(program.call("ftruncate", fd, 1), Errno.EPERM);
            fails(program.call("pwrite", fd, memory, 1, 0), Errno.EPERM);
            fails(program.call("fallocate", fd, 0, 0, 1), Errno.EPERM);
            fails(program.call("fallocate", fd, Fcntl.FALLOC_FL_KEEP_SIZE, 0, 1), Errno.EPERM);
            program.must("fallocate", fd, PUNCH, 0, 1);
        });
    }

    @Test
    void writing() {
        run(program -> {
            int fd = sealed(program, Fcntl.F_SEAL_WRITE);
            long memory = program.anonymous(4096);
            fails(program.call("pwrite", fd, memory, 1, 0), Errno.EPERM);
            assertEquals(0, program.must("pwrite", fd, memory, 0, 0));
            fails(program.call("fallocate", fd, PUNCH, 0, 4096), Errno.EPERM);
            program.must("fallocate", fd, 0, 0, 4096);
            fails(program.call("mmap", 0, 4096, PROT, Mman.MAP_SHARED, fd, 0), Errno.EPERM);
            long seen = program.must("mmap", 0, 4096, READ, Mman.MAP_SHARED, fd, 0);
            fails(program.call("mprotect", seen, 4096, PROT), Errno.EACCES);
            fails(program.call("madvise", seen, 4096, Mman.MADV_REMOVE), Errno.EACCES);
            program.store(program.must("mmap", 0, 4096, PROT, Mman.MAP_PRIVATE, fd, 0), 1);
            assertEquals(0, program.load(seen));
            program.must("fcntl", fd, Fcntl.F_ADD_SEALS, Fcntl.F_SEAL_WRITE | Fcntl.F_SEAL_SEAL);
            fails(program.call("fcntl", fd, Fcntl.F_ADD_SEALS, 0), Errno.EPERM);
        });
    }

    @Test
    void aMappingThatMayWriteIsInTheWay() {
        run(program -> {
            int fd = sealed(program, 0);
            long mapping = program.must("mmap", 0, 4096, READ, Mman.MAP_SHARED, fd, 0);
            fails(program.call("fcntl", fd, Fcntl.F_ADD_SEALS, Fcntl.F_SEAL_WRITE), Errno.EBUSY);
            fails(program.call("fcntl", fd, Fcntl.F_ADD_SEALS, Fcntl.F_SEAL_EXEC), Errno.EBUSY);
            program.must("mprotect", mapping, 4096, PROT);
            program.must("fcntl", fd, Fcntl.F_ADD_SEALS, Fcntl.F_SEAL_FUTURE_WRITE);
            program.store(mapping, 1);
            fails(program.call("pwrite", fd, mapping, 1, 0), Errno.EPERM);
            fails(program.call("mmap", mapping, 4096, PROT, Mman.MAP_SHARED | Mman.MAP_FIXED, fd, 0), Errno.EPERM);
            assertEquals(1, program.load(mapping));
            Sandbox.Program child = program.fork();
            program.must("munmap", mapping, 4096);
            fails(program.call("fcntl", fd, Fcntl.F_ADD_SEALS, Fcntl.F_SEAL_WRITE), Errno.EBUSY);
            child.must("munmap", mapping, 4096);
            program.must("fcntl", fd, Fcntl.F_ADD_SEALS, Fcntl.F_SEAL_WRITE);
        });
    }

    @Test
    void sealingAgainstExecutionSealsTheRestToo() {
        run(program -> {
            int fd = sealed(program, Fcntl.F_SEAL_EXEC);
            assertEquals(0x3e, program.must("fcntl", fd, Fcntl.F_GET_SEALS));
        });
    }

    @Test
    void whatWasNotExecutableIsNotSealedFurther() {
        run(program -> {
            int fd = memfd(program, Mman.MFD_ALLOW_SEALING | Mman.MFD_NOEXEC_SEAL);
            program.must("fcntl", fd, Fcntl.F_ADD_SEALS, Fcntl.F_SEAL_EXEC);
            assertEquals(Fcntl.F_SEAL_EXEC, program.must("fcntl", fd, Fcntl.F_GET_SEALS));
        });
    }

    @Test
    void whatIsSealedAgainstGrowingMayBeAllocated() {
        run(program -> {
            int fd = memfd(program, Mman.MFD_ALLOW_SEALING);
            program.must("ftruncate", fd, 8192);
            program.must("fcntl", fd, Fcntl.F_ADD_SEALS, Fcntl.F_SEAL_GROW);
            program.must("fallocate", fd, 0, 0, 4096);
            program.must("fallocate", fd, 0, 0, 8192);
            fails(program.call("fallocate", fd, 0, 0, 8193), Errno.EPERM);
            assertEquals(8192, program.must("lseek", fd, 0, Fcntl.SEEK_END));
        });
    }

    @Test
    void mappingsThatAreRefusedDoNotCount() {
        run(program -> {
            int fd = sealed(program, Fcntl.F_SEAL_WRITE);
            for (int attempt = 0; attempt < 3; attempt++) {
                fails(program.call("mmap", 0, 4096, PROT, Mman.MAP_SHARED, fd, 0), Errno.EPERM);
            }
        });
    }

    @Test
    void privateMappingsAreNotInTheWay() {
        run(program -> {
            int fd = memfd(program, Mman.MFD_ALLOW_SEALING);
            program.must("ftruncate", fd, 3 * 4096);
            program.load(program.must("mmap", 0, 3 * 4096, READ, Mman.MAP_PRIVATE, fd, 0));
            program.store(program.must("mmap", 0, 4096, PROT, Mman.MAP_PRIVATE, fd, 4096), 1);
            program.load(program.must("mmap", 0, 4096, READ, Mman.MAP_PRIVATE, fd, 4096));
            program.must("mmap", 0, 4096, READ, Mman.MAP_PRIVATE, fd, 8192);
            program.must("fcntl", fd, Fcntl.F_ADD_SEALS, Fcntl.F_SEAL_WRITE);
        });
    }

    /// Who has pinned a page may write to it, mapped or not.
    @Test
    void aPageThatIsPinnedIsInTheWay() {
        run(program -> {
            int fd = sealed(program, 0);
            long mapping = program.shared(fd, 4096);
            EnumSet<GupFlag> flags = EnumSet.of(GupFlag.PIN, GupFlag.WRITE);
            GupResult.Pages pinned = (GupResult.Pages) program.gup().getUserPagesFast(mapping, 1, flags);
            program.must("munmap", mapping, 4096);
            fails(program.call("fcntl", fd, Fcntl.F_ADD_SEALS, Fcntl.F_SEAL_WRITE), Errno.EBUSY);
            program.must("munmap", program.shared(fd, 4096), 4096);
            pinned.folios().forEach(FolioHold.PIN::release);
            program.must("fcntl", fd, Fcntl.F_ADD_SEALS, Fcntl.F_SEAL_WRITE);
        });
    }

    @Test
    void aPageInSwapIsNotInTheWay() {
        Sandbox sandbox = Sandbox.tmpfs(OptionalLong.empty());
        sandbox.swapOn(1);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            int fd = sealed(program, 0);
            long mapping = program.shared(fd, 4096);
            program.store(mapping, 1);
            program.must("madvise", mapping, 4096, Mman.MADV_PAGEOUT);
            program.must("munmap", mapping, 4096);
            program.must("fcntl", fd, Fcntl.F_ADD_SEALS, Fcntl.F_SEAL_WRITE);
            assertEquals(1, program.load(program.must("mmap", 0, 4096, READ, Mman.MAP_PRIVATE, fd, 0)));
        }));
    }
}
