package dev.faultline.kernel.fs.tmpfs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.Turns;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/// Files that a mount keeps in huge pages; the blocks were counted on Linux 6.18. It splits a huge page no further than it
/// has to, and may keep some more pages of the end than are asserted here.
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

    /// Lets the mount get full: another file takes a page, if there is one.
    private static SysResult another(Scene s, long pos) {
        return s.program().call("pwrite", s.program().open("/mnt/g", 0), s.buffer(), 1, pos);
    }

    private static void keep(Scene s, long pos, long pages) {
        s.program().must("fallocate", s.fd(), Fcntl.FALLOC_FL_KEEP_SIZE, pos, pages * PAGE);
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

    @Test
    void onlyWhatIsBehindTheLastAllocatedPageIsOfNoUse() {
        run(TmpfsHuge.ALWAYS, OptionalLong.of(HUGE), s -> {
            s.write(0, 'x');
            keep(s, 0, 10);
            keep(s, 0, 2);
            assertEquals(SysResult.ok(1), another(s, 0));
            assertEquals(10, s.pages());
        });
        run(TmpfsHuge.ALWAYS, OptionalLong.of(HUGE), s -> {
            s.write(0, 'x');
            s.write(511 * PAGE, 'y');
            assertEquals(SysResult.err(Errno.ENOSPC), another(s, 0));
            assertTrue(s.isHuge(0));
        });
    }

    @Test
    void whatWasAllocatedIsForgottenWithThePages() {
        run(TmpfsHuge.ALWAYS, OptionalLong.of(HUGE), s -> {
            s.write(0, 'x');
            keep(s, 0, 10);
            s.program().must("ftruncate", s.fd(), 0);
            s.write(0, 'x');
            assertEquals(SysResult.ok(1), another(s, 0));
            assertEquals(1, s.pages());
        });
        run(s -> {
            s.write(0, 'x');
            keep(s, 0, 10);
            s.program().must("fallocate", s.fd(), PUNCH, 2 * PAGE, 2 * PAGE);
            assertEquals(8, s.pages());
        });
        run(TmpfsHuge.ALWAYS, OptionalLong.of(HUGE), s -> {
            s.write(0, 'x');
            keep(s, 0, 10);
            s.program().must("fallocate", s.fd(), PUNCH, 5 * PAGE, 15 * PAGE);
            assertEquals(5, s.pages());
            s.program().must("fallocate", s.fd(), PUNCH, 0, 5 * PAGE);
            s.write(0, 'x');
            assertEquals(512, s.pages());
            assertEquals(SysResult.ok(1), another(s, 0));
            assertEquals(1, s.pages());
        });
    }

    @Test
    void whatAnAllocationThatFailsHasKeptIsForgotten() {
        run(TmpfsHuge.ALWAYS, OptionalLong.of(HUGE + 3 * PAGE), s -> {
            int other = s.program().open("/mnt/g", 0);
            s.program().must("pwrite", other, s.buffer(), 1, 2 * PAGE);
            s.program().must("ftruncate", other, 3 * PAGE);
            s.write(0, 'x');
            assertEquals(SysResult.err(Errno.ENOSPC), s.program().call("fallocate", s.fd(), 1, 0, 514 * PAGE));
            assertEquals(512, s.pages());
            s.program().must("fallocate", s.fd(), PUNCH, 5 * PAGE, PAGE);
            assertEquals(1, s.pages());
        });
    }

    /// The second huge page finds no room, and then the small ones run out.
    @Test
    void hugePagesOfAnAllocationThatFailsAreTakenBack() {
        run(TmpfsHuge.WITHIN_SIZE, OptionalLong.of(2 * HUGE), s -> {
            assertEquals(SysResult.ok(1), another(s, 0));
            assertEquals(SysResult.err(Errno.ENOSPC), s.program().call("fallocate", s.fd(), 0, 0, 2 * HUGE));
            assertEquals(0, s.pages());
            assertEquals(SysResult.err(Errno.ENOSPC), s.program().call("fallocate", s.fd(), 0, 10 * PAGE, 2 * HUGE - 10 * PAGE));
            assertEquals(1, s.pages());
            s.program().must("fallocate", s.fd(), 0, 0, HUGE);
            assertEquals(SysResult.err(Errno.ENOSPC), s.program().call("fallocate", s.fd(), 0, 0, 2 * HUGE));
            assertEquals(512, s.pages());
        });
    }

    @Test
    void adviceCountsWhereTheFileIsTooSmall() {
        run(TmpfsHuge.WITHIN_SIZE, OptionalLong.empty(), s -> {
            s.program().must("ftruncate", s.fd(), PAGE);
            s.map(AT, HUGE, 0);
            s.program().must("madvise", AT, HUGE, Mman.MADV_HUGEPAGE);
            s.program().store(AT, 1);
            assertEquals(512, s.pages());
        });
    }

    @Test
    void aMappingThatEndsOrBeginsInsideTakesNone() {
        run(s -> {
            s.program().must("ftruncate", s.fd(), 2 * HUGE);
            s.map(AT, HUGE - PAGE, 0);
            s.program().store(AT, 1);
            assertEquals(1, s.pages());
            s.map(AT + HUGE + PAGE, HUGE - PAGE, HUGE + PAGE);
            s.program().store(AT + HUGE + 5 * PAGE, 1);
            assertEquals(2, s.pages());
        });
    }

    /// Three files whose huge pages are of no use but for a byte, on a mount that has no room left.
    private static void runFull(Body body) {
        Sandbox sandbox = Sandbox.tmpfs(OptionalLong.of(2 * HUGE), TmpfsHuge.ADVISE)
                .hole("/mnt/f", PAGE).hole("/mnt/g", PAGE).hole("/mnt/h", 0);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            for (long at : new long[] {AT, AT + HUGE}) {
                int fd = program.open(at == AT ? "/mnt/f" : "/mnt/g", 0);
                program.must("mmap", at, HUGE, RW, Mman.MAP_SHARED | Mman.MAP_FIXED, fd, 0);
                program.must("madvise", at, HUGE, Mman.MADV_HUGEPAGE);
                program.store(at, 'x');
            }
            body.run(new Scene(sandbox, program, program.open("/mnt/h", 0), program.anonymous(PAGE)));
        }));
    }

    private static long pages(Scene s, int which) {
        return s.inode(which).blocks().iBlocks().peek() / 8;
    }

    @Test
    void noMoreIsSplitThanHasToBe() {
        runFull(s -> {
            s.write(0, 'h');
            assertEquals("512 1 1", pages(s, 0) + " " + pages(s, 1) + " " + pages(s, 2));
            s.program().must("fallocate", s.fd(), 0, 0, HUGE);
            assertEquals("1 1 512", pages(s, 0) + " " + pages(s, 1) + " " + pages(s, 2));
            assertEquals('x', s.program().load(AT));
            assertEquals('x', s.program().load(AT + HUGE));
        });
    }

    @Test
    void whatCannotBeSplitNowIsTriedAgain() {
        runFull(s -> {
            Folio held = s.inode(0).mapping().peek(0).orElseThrow();
            Folio other = s.inode(1).mapping().peek(0).orElseThrow();
            held.get();
            other.lock().lock();
            assertEquals(SysResult.err(Errno.ENOSPC), s.program().call("pwrite", s.fd(), s.buffer(), 1, 0));
            assertEquals("512 512 0", pages(s, 0) + " " + pages(s, 1) + " " + pages(s, 2));
            held.put();
            s.write(0, 'h');
            assertEquals("1 512 1", pages(s, 0) + " " + pages(s, 1) + " " + pages(s, 2));
            other.lock().unlock();
        });
    }

    @Test
    void filesThatAreGoneOrSplitAlreadyAreNoHelp() {
        runFull(s -> {
            s.program().must("ftruncate", s.program().open("/mnt/f", 0), 0);
            s.program().must("ftruncate", s.program().open("/mnt/g", 0), 1);
            s.program().must("fallocate", s.fd(), 0, 0, 2 * HUGE - PAGE);
            assertEquals("0 1 1023", pages(s, 0) + " " + pages(s, 1) + " " + pages(s, 2));
            assertEquals(SysResult.err(Errno.ENOSPC), s.program().call("pwrite", s.fd(), s.buffer(), 1, 2 * HUGE));
        });
    }

    @Test
    void aHoleAtTheStartLeavesTheRest() {
        run(s -> {
            s.write(0, 'a');
            s.write(3 * PAGE, 'd');
            s.write(511 * PAGE, 'z');
            s.program().must("fallocate", s.fd(), PUNCH, 0, 2 * PAGE);
            assertEquals(510, s.pages());
            assertEquals(0, s.read(0));
            assertEquals('d', s.read(3 * PAGE));
        });
    }

    @Test
    void truncationOfWhatCannotBeSplitZeroesIt() {
        run(s -> {
            s.write(0, 'a');
            s.write(3 * PAGE, 'd');
            Folio held = s.inode(0).mapping().peek(9).orElseThrow();
            held.get();
            s.program().must("ftruncate", s.fd(), 2 * PAGE);
            assertTrue(s.isHuge(0));
            held.put();
            s.program().must("ftruncate", s.fd(), HUGE);
            assertEquals('a', s.read(0));
            assertEquals(0, s.read(3 * PAGE));
        });
    }

    private static String placed(TmpfsHuge when, OptionalLong sizeBytes, long fileBytes) {
        Sandbox sandbox = Sandbox.tmpfs(sizeBytes, when).file("/mnt/f", fileBytes, 'a');
        ShmemInode inode = (ShmemInode) sandbox.mounted().getFirst().inodes().getFirst();
        return inode.blocks().iBlocks().peek() / 8 + (inode.mapping().peek(0).filter(Folio::isLarge).isPresent() ? " huge" : " small");
    }

    @Test
    void filesThatAreThereAreHugeWhereTheMountSaysSo() {
        assertEquals("513 huge", placed(TmpfsHuge.WITHIN_SIZE, OptionalLong.empty(), HUGE + PAGE));
        assertEquals("512 huge", placed(TmpfsHuge.WITHIN_SIZE, OptionalLong.empty(), HUGE - 1));
        assertEquals("511 small", placed(TmpfsHuge.WITHIN_SIZE, OptionalLong.empty(), HUGE - PAGE));
        assertEquals("512 small", placed(TmpfsHuge.NEVER, OptionalLong.empty(), HUGE));
        assertEquals("512 small", placed(TmpfsHuge.ADVISE, OptionalLong.empty(), HUGE));
        assertEquals("1 small", placed(TmpfsHuge.ALWAYS, OptionalLong.of(HUGE - PAGE), 1));
        assertEquals("512 huge", placed(TmpfsHuge.ALWAYS, OptionalLong.of(HUGE), 1));
        assertEquals("514 huge", placed(TmpfsHuge.ALWAYS, OptionalLong.of(HUGE + 4 * PAGE), HUGE + 2 * PAGE));
        assertEquals("1024 huge", placed(TmpfsHuge.ALWAYS, OptionalLong.of(3 * HUGE), HUGE + 2 * PAGE));
    }

    /// Punches a hole into two huge pages while another task reads a byte of the first, wherever that is interrupted: the page
    /// may be locked when the search for pages comes by first.
    ///
    /// @param held the pages that somebody has a reference to all the time
    /// @return the blocks that are left, in pages
    private static TreeSet<Long> leftByAPunchUnderAReader(long start, long lengthBytes, int... held) {
        TreeSet<Long> left = new TreeSet<>();
        for (int steps = 0; steps < 30; steps++) {
            Sandbox sandbox = Sandbox.tmpfs(OptionalLong.empty(), TmpfsHuge.ALWAYS).hole("/mnt/f", 0);
            AtomicReference<Scene> scene = new AtomicReference<>();
            List<Folio> folios = new ArrayList<>();
            assertEquals(List.of(), sandbox.runTogether(new Turns(steps), () -> {
                Sandbox.Program program = sandbox.program(1);
                Scene s = new Scene(sandbox, program, program.open("/mnt/f", 0), program.anonymous(PAGE));
                s.write(0, 'a');
                s.write(HUGE, 'b');
                for (int index : held) {
                    folios.add(s.inode(0).mapping().peek(index).orElseThrow());
                    folios.getLast().get();
                }
                scene.set(s);
            }, List.of(() -> scene.get().read(0),
                    () -> scene.get().program().must("fallocate", scene.get().fd(), PUNCH, start, lengthBytes)), () -> {
                left.add(scene.get().pages());
                assertEquals(start == 0 ? 0 : 'a', scene.get().read(0));
                folios.forEach(Folio::put);
            }));
        }
        return left;
    }

    @Test
    void aHoleLeavesNothingOfWhatSomebodyHasLocked() {
        assertEquals(new TreeSet<>(List.of(0L)), leftByAPunchUnderAReader(0, 2 * HUGE));
        assertEquals(new TreeSet<>(List.of(512L)), leftByAPunchUnderAReader(0, HUGE));
        assertEquals(new TreeSet<>(List.of(512L)), leftByAPunchUnderAReader(0, HUGE, 3));
    }

    @Test
    void aHoleZeroesWhatSomebodyHasLockedAndCannotBeSplit() {
        assertEquals(new TreeSet<>(List.of(512L)), leftByAPunchUnderAReader(0, HUGE + PAGE, 515));
        assertEquals(new TreeSet<>(List.of(512L)), leftByAPunchUnderAReader(0, HUGE + PAGE, 3, 515));
        assertEquals(new TreeSet<>(List.of(512L)), leftByAPunchUnderAReader(PAGE, 2 * HUGE - PAGE, 3));
    }

    /// The mount is full, and the file whose page is to be split becomes another one, wherever that is interrupted.
    @Test
    void whatIsGoneIsNotSplit() {
        for (int steps = 0; steps < 60; steps++) {
            Sandbox sandbox = Sandbox.tmpfs(OptionalLong.of(HUGE), TmpfsHuge.ALWAYS).hole("/mnt/f", 0).hole("/mnt/g", 0);
            AtomicReference<Scene> scene = new AtomicReference<>();
            List<Folio> held = new ArrayList<>();
            assertEquals(List.of(), sandbox.runTogether(new Turns(steps), () -> {
                Sandbox.Program program = sandbox.program(1);
                scene.set(new Scene(sandbox, program, program.open("/mnt/f", 0), program.anonymous(PAGE)));
                scene.get().write(0, 'a');
                held.add(scene.get().inode(0).mapping().peek(0).orElseThrow());
                held.getFirst().get();
            }, List.of(() -> another(scene.get(), 0), () -> {
                scene.get().program().must("ftruncate", scene.get().fd(), 0);
                scene.get().write(0, 'n');
            }), () -> {
                assertEquals('n', scene.get().read(0));
                held.getFirst().put();
            }));
        }
    }
}
