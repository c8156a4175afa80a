package dev.faultline.kernel.fs.tmpfs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/// Files that a mount keeps in huge pages; the blocks were counted on Linux 6.18.
class HugeTest {
    private static final long PAGE = 4096;
    private static final long HUGE = 512 * PAGE;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;
    private static final long AT = 0x2_0000_0000L;
    private static final int PUNCH = Fcntl.FALLOC_FL_PUNCH_HOLE | Fcntl.FALLOC_FL_KEEP_SIZE;

    /// A program with an empty file.
    private record Scene(Sandbox sandbox, Sandbox.Program program, int fd, long buffer) {
        ShmemInode inode(int which) {
            return (ShmemInode) sandbox.mounted().getFirst().inodes().get(which);
        }

        long pages() {
            return inode(0).blocks().iBlocks().peek() / 8;
        }

        void write(long pos, int byteValue) {
            program.store(buffer, byteValue);
            assertEquals(1, program.must("pwrite", fd, buffer, 1, pos));
        }

        int read(long pos) {
            assertEquals(1, program.must("pread", fd, buffer + 1, 1, pos));
            return program.load(buffer + 1);
        }

        boolean isHuge(long index) {
            return inode(0).mapping().peek(index).filter(Folio::isLarge).isPresent();
        }

        long map(long address, long lengthBytes, long pos) {
            return program.must("mmap", address, lengthBytes, RW, Mman.MAP_SHARED | Mman.MAP_FIXED, fd, pos);
        }
    }

    private interface Body {
        void run(Scene scene);
    }

    private static void run(TmpfsHuge when, OptionalLong sizeBytes, Body body) {
        Sandbox sandbox = Sandbox.tmpfs(sizeBytes, when).hole("/mnt/f", 0).hole("/mnt/g", 0);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            body.run(new Scene(sandbox, program, program.open("/mnt/f", 0), program.anonymous(PAGE)));
        }));
    }

    private static void run(Body body) {
        run(TmpfsHuge.ALWAYS, OptionalLong.of(16 << 20), body);
    }

    @Test
    void oneByteTakesAHugePage() {
        run(s -> {
            s.write(0, 'x');
            assertEquals(512, s.pages());
            assertTrue(s.isHuge(0) && s.isHuge(511) && !s.isHuge(512));
            s.write(PAGE - 1, 'y');
            assertEquals(512, s.pages());
            assertEquals('x', s.read(0));
            s.write(3L << 20, 'z');
            assertEquals(1024, s.pages());
            assertEquals(0, s.read(2 * HUGE - HUGE));
        });
    }

    @Test
    void aPageThatIsThereLeavesNoRoom() {
        run(TmpfsHuge.WITHIN_SIZE, OptionalLong.of(16 << 20), s -> {
            s.write(0, 'x');
            assertEquals(1, s.pages());
            s.program().must("ftruncate", s.fd(), 2 * HUGE);
            s.write(PAGE, 'y');
            assertEquals(2, s.pages());
            s.write(HUGE + 5 * PAGE, 'z');
            assertEquals(514, s.pages());
        });
    }

    @Test
    void whatTheMountSays() {
        run(TmpfsHuge.NEVER, OptionalLong.empty(), s -> {
            s.program().must("ftruncate", s.fd(), HUGE);
            s.write(0, 'x');
            assertEquals(1, s.pages());
        });
        run(TmpfsHuge.ADVISE, OptionalLong.empty(), s -> {
            s.program().must("ftruncate", s.fd(), 2 * HUGE);
            s.write(0, 'x');
            assertEquals(1, s.pages());
            s.map(AT, 2 * HUGE, 0);
            s.program().must("madvise", AT + HUGE, HUGE, Mman.MADV_HUGEPAGE);
            s.program().store(AT + HUGE, 1);
            assertEquals(513, s.pages());
        });
        run(s -> {
            s.program().must("ftruncate", s.fd(), HUGE);
            s.map(AT, HUGE, 0);
            s.program().must("madvise", AT, HUGE, Mman.MADV_NOHUGEPAGE);
            s.program().store(AT, 1);
            assertEquals(1, s.pages());
        });
    }

    @Test
    void aFaultTakesOneWhereTheMappingCoversIt() {
        run(s -> {
            s.program().must("ftruncate", s.fd(), HUGE);
            s.map(AT, HUGE, 0);
            s.program().store(AT + 7 * PAGE, 'm');
            assertEquals(512, s.pages());
            assertEquals('m', s.read(7 * PAGE));
            s.write(8 * PAGE, 'w');
            assertEquals('w', s.program().load(AT + 8 * PAGE));
        });
        run(s -> {
            s.program().must("ftruncate", s.fd(), HUGE);
            s.map(AT + PAGE, HUGE, 0);
            s.program().store(AT + 8 * PAGE, 'm');
            assertFalse(s.isHuge(7));
        });
    }

    @Test
    void aMountThatIsTooSmallHasSmallPages() {
        run(TmpfsHuge.ALWAYS, OptionalLong.of(1 << 20), s -> {
            s.write(0, 'x');
            assertEquals(1, s.pages());
        });
    }

    @Test
    void theUnusedEndOfAHugePageMakesRoomOnAFullMount() {
        run(TmpfsHuge.ALWAYS, OptionalLong.of(HUGE), s -> {
            s.write(0, 'x');
            assertEquals(512, s.pages());
            int other = s.program().open("/mnt/g", 0);
            assertEquals(1, s.program().must("pwrite", other, s.buffer(), 1, 0));
            assertEquals(1, s.pages());
            assertEquals(8, s.inode(1).blocks().iBlocks().peek());
            assertEquals('x', s.read(0));
        });
    }

    @Test
    void whatIsAllocatedBehindTheEndIsKept() {
        run(TmpfsHuge.ALWAYS, OptionalLong.of(HUGE), s -> {
            s.program().must("fallocate", s.fd(), Fcntl.FALLOC_FL_KEEP_SIZE, 0, HUGE);
            assertEquals(512, s.pages());
            int other = s.program().open("/mnt/g", 0);
            assertEquals(SysResult.err(Errno.ENOSPC), s.program().call("pwrite", other, s.buffer(), 1, 0));
            assertEquals(512, s.pages());
        });
    }

    @Test
    void truncationSplitsWhatItEndsIn() {
        run(s -> {
            s.program().must("ftruncate", s.fd(), HUGE);
            s.map(AT, HUGE, 0);
            s.program().store(AT, 'a');
            s.program().store(AT + PAGE + 1000, 'b');
            s.program().store(AT + 2 * PAGE, 'c');
            s.program().must("ftruncate", s.fd(), 2 * PAGE);
            assertEquals(2, s.pages());
            assertFalse(s.isHuge(0));
            s.program().must("ftruncate", s.fd(), PAGE + 500);
            s.program().must("ftruncate", s.fd(), HUGE);
            assertEquals('a', s.program().load(AT));
            assertEquals(0, s.program().load(AT + PAGE + 1000));
            assertEquals(0, s.read(2 * PAGE));
            s.program().must("ftruncate", s.fd(), 0);
            assertEquals(0, s.pages());
        });
    }

    @Test
    void aHoleSplitsToo() {
        run(s -> {
            s.write(0, 'a');
            s.write(PAGE, 'b');
            s.write(3 * PAGE, 'd');
            s.program().must("ftruncate", s.fd(), HUGE);
            s.program().must("fallocate", s.fd(), PUNCH, PAGE, 2 * PAGE);
            assertEquals(510, s.pages());
            assertEquals('a', s.read(0));
            assertEquals(0, s.read(PAGE));
            assertEquals('d', s.read(3 * PAGE));
            s.write(PAGE, 'e');
            assertEquals(511, s.pages());
        });
    }

    @Test
    void aHugePageThatCannotBeSplitIsZeroed() {
        run(s -> {
            s.write(PAGE, 'b');
            s.write(3 * PAGE, 'd');
            s.program().must("ftruncate", s.fd(), HUGE);
            AddressSpace mapping = s.inode(0).mapping();
            Folio held = mapping.peek(9).orElseThrow();
            held.get();
            s.program().must("fallocate", s.fd(), PUNCH, PAGE, PAGE);
            assertEquals(512, s.pages());
            assertTrue(s.isHuge(0));
            assertEquals(0, s.read(PAGE));
            assertEquals('d', s.read(3 * PAGE));
            held.put();
            s.program().must("fallocate", s.fd(), PUNCH, PAGE, PAGE);
            assertEquals(511, s.pages());
        });
    }

    @Test
    void aHoleOfAWholeHugePageTakesItOut() {
        run(s -> {
            s.write(0, 'a');
            s.write(HUGE, 'b');
            s.write(2 * HUGE, 'c');
            s.program().must("fallocate", s.fd(), PUNCH, HUGE, HUGE);
            assertEquals(1024, s.pages());
            assertTrue(s.isHuge(0) && s.isHuge(1024) && !s.isHuge(512));
        });
    }

    @Test
    void anAllocationThatFailsIsTakenBack() {
        run(TmpfsHuge.ALWAYS, OptionalLong.of(HUGE + 4 * PAGE), s -> {
            int other = s.program().open("/mnt/g", 0);
            s.program().must("ftruncate", other, HUGE);
            s.program().must("pwrite", other, s.buffer(), 1, 0);
            assertEquals(SysResult.err(Errno.ENOSPC), s.program().call("fallocate", s.fd(), 0, 0, 8 * PAGE));
            assertEquals(0, s.pages());
        });
    }

    @Test
    void filesThatAreThereAreHugeAsIfWritten() {
        Sandbox sandbox = Sandbox.tmpfs(OptionalLong.empty(), TmpfsHuge.ALWAYS).file("/mnt/f", 5000, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            int fd = program.open("/mnt/f", 0);
            long buffer = program.anonymous(PAGE);
            assertEquals(1, program.must("pread", fd, buffer, 8, 4999));
            assertEquals('a', program.load(buffer));
            ShmemInode inode = (ShmemInode) sandbox.mounted().getFirst().inodes().getFirst();
            assertEquals(4096, inode.blocks().iBlocks().peek());
        }));
    }
}
