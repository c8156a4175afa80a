package dev.faultline.kernel.fs.tmpfs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.TwoSwitches;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Mman;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/// Two tasks at one huge page of a file, and what keeps a huge page away.
class HugeRacesTest {
    private static final long PAGE = 4096;
    private static final long HUGE = 512 * PAGE;
    private static final int RW = Mman.PROT_READ | Mman.PROT_WRITE;
    private static final long AT = 0x2_0000_0000L;
    private static final int PUNCH = Fcntl.FALLOC_FL_PUNCH_HOLE | Fcntl.FALLOC_FL_KEEP_SIZE;

    /// A program with a file.
    private record Scene(Sandbox sandbox, Sandbox.Program program, int fd, long buffer) {
        ShmemInode inode() {
            return (ShmemInode) sandbox.mounted().getFirst().inodes().getFirst();
        }

        long pages() {
            return inode().blocks().iBlocks().peek() / 8;
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
            return inode().mapping().peek(index).filter(Folio::isLarge).isPresent();
        }

        long map(long address, long lengthBytes, long pos) {
            return program.must("mmap", address, lengthBytes, RW, Mman.MAP_SHARED | Mman.MAP_FIXED, fd, pos);
        }
    }

    private interface Body {
        void run(Scene scene);
    }

    /// Where a small page is in swap there is no room for a huge one either.
    @Test
    void aPageInSwapLeavesNoRoom() {
        Sandbox sandbox = Sandbox.tmpfs(OptionalLong.empty(), TmpfsHuge.ADVISE).hole("/mnt/f", HUGE);
        sandbox.swapOn(2);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            Scene s = new Scene(sandbox, program, program.open("/mnt/f", 0), program.anonymous(PAGE));
            s.map(AT, HUGE, 0);
            program.store(AT, 'x');
            program.must("madvise", AT, PAGE, Mman.MADV_PAGEOUT);
            assertTrue(s.inode().mapping().peek(0).isEmpty());
            assertEquals(0, program.must("lseek", s.fd(), 0, Fcntl.SEEK_DATA));
            program.must("madvise", AT, HUGE, Mman.MADV_HUGEPAGE);
            program.store(AT + PAGE, 'y');
            assertFalse(s.isHuge(1));
            assertEquals('x', program.load(AT));
        }));
    }

    /// Two tasks, the second of them between any two steps of the first.
    private static void race(TmpfsHuge when, Body prepare, Body first, Body second, Body last) {
        TwoSwitches.once(order -> {
            Sandbox sandbox = Sandbox.tmpfs(OptionalLong.of(16 << 20), when).hole("/mnt/f", HUGE);
            List<Scene> scenes = new ArrayList<>();
            assertEquals(List.of(), sandbox.runTogether(order, () -> {
                Sandbox.Program program = sandbox.program(1);
                scenes.add(new Scene(sandbox, program, program.open("/mnt/f", 0), program.anonymous(PAGE)));
                scenes.getFirst().map(AT, HUGE, 0);
                prepare.run(scenes.getFirst());
            }, List.of(() -> first.run(scenes.getFirst()), () -> second.run(scenes.getFirst())),
                    () -> last.run(scenes.getFirst())), order::toString);
        });
    }

    @Test
    void ofTwoWhoFillTheSamePlaceOneFindsThePageOfTheOther() {
        Body stores = s -> s.program().store(AT + PAGE, 'm');
        Body bothAreThere = s -> {
            assertEquals('w', s.program().load(AT + 5 * PAGE));
            assertEquals('m', s.read(PAGE));
        };
        race(TmpfsHuge.ALWAYS, s -> { }, stores, s -> s.write(5 * PAGE, 'w'), bothAreThere);
        race(TmpfsHuge.ALWAYS, s -> { }, s -> s.write(5 * PAGE, 'w'), stores, bothAreThere);
        Body advised = s -> s.program().must("madvise", AT, HUGE, Mman.MADV_HUGEPAGE);
        race(TmpfsHuge.ADVISE, advised, stores, s -> s.write(5 * PAGE, 'w'), bothAreThere);
        race(TmpfsHuge.ADVISE, advised, s -> s.write(5 * PAGE, 'w'), stores, bothAreThere);
    }

    @Test
    void bytesAreReadWhileTheirHugePageIsSplit() {
        race(TmpfsHuge.ALWAYS, s -> {
            s.write(PAGE, 'b');
            s.program().must("munmap", AT, HUGE);
        }, s -> s.program().must("fallocate", s.fd(), PUNCH, 3 * PAGE, PAGE),
                s -> assertEquals('b', s.read(PAGE)), s -> assertEquals(s.isHuge(0) ? 512 : 511, s.pages()));
    }

    /// Whoever takes a page of it while it is about to be split keeps it whole; the hole is zeroed then.
    @Test
    void aHugePageThatGoesIntoAPipeMeanwhileIsZeroed() {
        race(TmpfsHuge.ALWAYS, s -> {
            s.write(PAGE, 'b');
            s.write(3 * PAGE, 'd');
            s.program().must("munmap", AT, HUGE);
            s.program().must("pipe2", s.buffer(), 0);
        }, s -> s.program().must("fallocate", s.fd(), PUNCH, PAGE, PAGE),
                s -> assertEquals(1, s.program().must("splice", s.fd(), 0, 5, 0, 1, 0)), s -> {
                    assertEquals(0, s.read(PAGE));
                    assertEquals('d', s.read(3 * PAGE));
                    assertEquals(s.isHuge(0) ? 512 : 511, s.pages());
                });
    }

    @Test
    void allOfAHugePageIsDataWhereverItIsLookedFor() {
        Sandbox sandbox = Sandbox.tmpfs(OptionalLong.empty(), TmpfsHuge.ALWAYS).hole("/mnt/f", 0);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            Scene s = new Scene(sandbox, program, program.open("/mnt/f", 0), program.anonymous(PAGE));
            s.write(0, 'x');
            program.must("ftruncate", s.fd(), 2 * HUGE);
            assertEquals(100 * PAGE, program.must("lseek", s.fd(), 100 * PAGE, Fcntl.SEEK_DATA));
            assertEquals(HUGE, program.must("lseek", s.fd(), 100 * PAGE, Fcntl.SEEK_HOLE));
        }));
    }
}
