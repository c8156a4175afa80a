package dev.faultline.kernel.fs.gfs2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.SysResult;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What one node of a cluster sees of the other, and what is left behind in the cache and on the disk.
class NodesTest {
    private static final int PAGE = 4096;

    private static Gfs2Inode inode(Sandbox sandbox) {
        return ((Gfs2) sandbox.mounted().getFirst()).inode("f");
    }

    @Test
    void whatIsAppendedOnOneNodeComesBehindWhatTheOtherAppended() {
        Sandbox sandbox = Sandbox.gfs2(2).file("/mnt/f", 100, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program[] programs = {sandbox.program(1), sandbox.program(2)};
            for (Sandbox.Program program : programs) {
                assertEquals(3, program.open("/mnt/f", Fcntl.O_APPEND));
            }
            for (int i = 0; i < 6; i++) {
                Sandbox.Program program = programs[i % 2];
                long memory = program.anonymous(PAGE);
                program.store(memory, 'b' + i);
                assertEquals(1, program.must("write", 3, memory, 1));
            }
            long memory = programs[0].anonymous(PAGE);
            assertEquals(106, programs[0].must("pread", 3, memory, PAGE, 0));
            for (int i = 0; i < 6; i++) {
                assertEquals('b' + i, programs[0].load(memory + 100 + i));
            }
        }));
    }

    @Test
    void theOtherNodeSeesHowFarAFileWasAllocated() {
        Sandbox sandbox = Sandbox.gfs2(2).file("/mnt/f", 100, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            Sandbox.Program other = sandbox.program(2);
            int fd = program.open("/mnt/f", 0);
            int there = other.open("/mnt/f", 0);
            program.must("fallocate", fd, Fcntl.FALLOC_FL_KEEP_SIZE, 0, 3 * PAGE);
            assertEquals(100, other.must("pread", there, other.anonymous(PAGE), PAGE, 0));
            assertTrue(inode(sandbox).onDisk().block(2) != DiskInode.HOLE);
            program.must("fallocate", fd, 0, 0, 2 * PAGE);
            assertEquals(10, other.must("pread", there, other.anonymous(PAGE), 10, 2 * PAGE - 10));
            assertEquals(SysResult.err(Errno.EOPNOTSUPP), program.call("fallocate", fd, Fcntl.FALLOC_FL_ZERO_RANGE, 0, PAGE));
        }));
    }

    /// The part of a page that a hole reaches into is zeroed, and its block stays; a whole page loses its block.
    @Test
    void aHoleTakesTheBlocksOfWholePages() {
        Sandbox sandbox = Sandbox.gfs2(1).file("/mnt/f", 3 * PAGE, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            int fd = program.open("/mnt/f", 0);
            int punch = Fcntl.FALLOC_FL_PUNCH_HOLE | Fcntl.FALLOC_FL_KEEP_SIZE;
            program.must("fallocate", fd, punch, 100, PAGE);
            assertTrue(inode(sandbox).onDisk().block(0) != DiskInode.HOLE);
            assertTrue(inode(sandbox).onDisk().block(1) != DiskInode.HOLE);
            program.must("fallocate", fd, punch, 100, 2 * PAGE);
            assertEquals(DiskInode.HOLE, inode(sandbox).onDisk().block(1));
            program.must("ftruncate", fd, 200);
            assertEquals(DiskInode.HOLE, inode(sandbox).onDisk().block(2));
        }));
    }

    @Test
    void aDirectWriteStopsWhereItsMemoryEnds() {
        Sandbox sandbox = Sandbox.gfs2(1).file("/mnt/f", 2 * PAGE, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            int fd = program.open("/mnt/f", Fcntl.O_DIRECT);
            long memory = program.anonymous(2 * PAGE);
            program.must("munmap", memory + PAGE, PAGE);
            assertEquals(PAGE, program.must("pwrite", fd, memory, 2 * PAGE, 0));
            assertEquals(SysResult.err(Errno.EFAULT), program.call("pwrite", fd, memory + PAGE, PAGE, 0));
            assertEquals(SysResult.err(Errno.EFAULT), program.call("pwrite", fd, memory + PAGE, PAGE, 2 * PAGE));
            assertEquals(SysResult.err(Errno.EFAULT), program.call("pread", fd, memory + PAGE, PAGE, 0));
        }));
    }

    @Test
    void faultsAreHandledAgainAfterADirectRead() {
        Sandbox sandbox = Sandbox.gfs2(1).file("/mnt/f", PAGE, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            int fd = program.open("/mnt/f", Fcntl.O_DIRECT);
            long ends = program.anonymous(PAGE);
            program.must("pipe", ends);
            int in = program.load(ends);
            int out = program.load(ends + 4);
            assertEquals(8, program.must("write", out, ends, 8));
            assertEquals(PAGE, program.must("pread", fd, program.anonymous(PAGE), PAGE, 0));
            assertEquals(8, program.must("read", in, program.anonymous(PAGE), 8));
        }));
    }

    /// What a direct write has no blocks for goes through the cache, is on the disk when the write is over, and is not cached
    /// any more.
    @Test
    void whatADirectWriteLeavesToTheCacheDoesNotStayThere() {
        Sandbox sandbox = Sandbox.gfs2(1).file("/mnt/f", PAGE, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            int fd = program.open("/mnt/f", Fcntl.O_DIRECT);
            long memory = program.anonymous(2 * PAGE);
            program.fill(memory, 2 * PAGE, 'b');
            assertEquals(2 * PAGE, program.must("pwrite", fd, memory, 2 * PAGE, 0));
            assertEquals(PAGE, program.must("pwrite", fd, memory, PAGE, 3 * PAGE));
            for (int index = 0; index < 4; index++) {
                assertTrue(inode(sandbox).mapping().peek(index).isEmpty(), "page " + index);
            }
        }));
    }
}
