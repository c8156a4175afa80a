package dev.faultline.kernel.mm;

import static dev.faultline.kernel.mm.Layout.MOVE;
import static dev.faultline.kernel.mm.Layout.P;
import static dev.faultline.kernel.mm.Layout.Q;
import static dev.faultline.kernel.mm.Layout.RW;
import static dev.faultline.kernel.mm.Layout.areAreas;
import static dev.faultline.kernel.mm.Layout.areas;
import static dev.faultline.kernel.mm.Layout.at;
import static dev.faultline.kernel.mm.Layout.file;
import static dev.faultline.kernel.mm.Layout.present;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.TwoSwitches;
import dev.faultline.kernel.uapi.Mman;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// Areas of which one entry maps 2 MiB.
class HugeAreasTest {
    @Test
    void aHugePageIsSplitWhereAnAreaBeginsOrEnds() {
        for (boolean front : new boolean[] {true, false}) {
            Sandbox sandbox = Sandbox.huge(Thp.ALWAYS);
            assertEquals(List.of(), sandbox.run(() -> {
                Sandbox.Program program = sandbox.program(1);
                at(program, Q, Thp.PAGES, RW);
                program.store(Q, 'a');
                assertTrue(program.mm().pmd(Q).orElseThrow().isHuge());
                program.must("madvise", front ? Q : Q + P, front ? P : Thp.BYTES - P, Mman.MADV_RANDOM);
                assertFalse(program.mm().pmd(Q).orElseThrow().isHuge());
                assertEquals('a', program.load(Q));
            }));
        }
    }

    @Test
    void aHugePageIsSplitWhereItMovesOutOfStep() {
        Sandbox sandbox = Sandbox.huge(Thp.ALWAYS);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            at(program, Q, Thp.PAGES, RW);
            program.store(Q + 5 * P, 'a');
            program.must("mremap", Q, Thp.BYTES, Thp.BYTES, MOVE, Q + 3 * Thp.BYTES);
            assertTrue(program.mm().pmd(Q + 3 * Thp.BYTES).orElseThrow().isHuge());
            program.must("mremap", Q + 3 * Thp.BYTES, Thp.BYTES, Thp.BYTES, MOVE, Q + P);
            assertEquals('a', program.load(Q + 6 * P));
            assertFalse(program.mm().pmd(Q).orElseThrow().isHuge());
        }));
    }

    private static void withAHugePageOfAFile(Consumer<Sandbox.Program> body) {
        Sandbox sandbox = Sandbox.hugeTmpfs().file("/mnt/f", 2 * Thp.BYTES, 'a');
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            program.open("/mnt/f", 0);
            file(program, Q, Thp.PAGES, RW, Mman.MAP_SHARED, 0);
            program.store(Q + P, 'b');
            assertTrue(isHuge(program, Q));
            body.accept(program);
        }));
    }

    private static boolean isHuge(Sandbox.Program program, long address) {
        return program.mm().pmd(address).orElseThrow().isHuge();
    }

    @Test
    void whatIsMappedOnceMoreStaysAsItIs() {
        withAHugePageOfAFile(program -> {
            assertEquals(Q + 2 * Thp.BYTES, program.must("mremap", Q + P, 0, P, MOVE, Q + 2 * Thp.BYTES));
            assertTrue(isHuge(program, Q));
            areAreas(1, program, Q, Thp.PAGES);
            assertEquals('b', program.load(Q + 2 * Thp.BYTES));
        });
    }

    /// A fault finds the page in the cache.
    @Test
    void aHugePageOfAFileIsNotCopiedForAChild() {
        withAHugePageOfAFile(program -> {
            file(program, Q + 4 * Thp.BYTES, Thp.PAGES, RW, Mman.MAP_PRIVATE, 0);
            program.load(Q + 4 * Thp.BYTES);
            program.store(Q + 4 * Thp.BYTES, 'c');
            file(program, Q + 8 * Thp.BYTES, 2 * Thp.PAGES, RW, Mman.MAP_PRIVATE, 0);
            program.load(Q + 8 * Thp.BYTES);
            program.store(Q + 9 * Thp.BYTES, 'd');
            assertTrue(isHuge(program, Q + 8 * Thp.BYTES));
            Sandbox.Program child = program.fork();
            assertFalse(isHuge(child, Q));
            assertFalse(isHuge(child, Q + 8 * Thp.BYTES));
            assertEquals('b', child.load(Q + 8 * Thp.BYTES + P));
            assertEquals('d', child.load(Q + 9 * Thp.BYTES));
            assertEquals('c', child.load(Q + 4 * Thp.BYTES));
            assertEquals('b', child.load(Q + 4 * Thp.BYTES + P));
            assertEquals('b', child.load(Q + P));
            child.exit(0);
        });
    }

    @Test
    void aHugePageOfAFileIsMappedAsOneOnlyWhereAllOfItLiesAsInTheFile() {
        withAHugePageOfAFile(program -> {
            file(program, Q + 4 * Thp.BYTES, Thp.PAGES - 1, RW, Mman.MAP_SHARED, 0);
            file(program, Q + 6 * Thp.BYTES + P, Thp.PAGES - 1, RW, Mman.MAP_SHARED, 1);
            file(program, Q + 8 * Thp.BYTES, Thp.PAGES, RW, Mman.MAP_SHARED, 1);
            for (int place : new int[] {4, 6, 8}) {
                assertEquals('a', program.load(Q + place * Thp.BYTES + 2 * P));
                assertFalse(isHuge(program, Q + place * Thp.BYTES));
            }
        });
    }

    @Test
    void aHugePageOfItsOwnIsProtectedAsAWhole() {
        Sandbox sandbox = Sandbox.huge(Thp.ALWAYS);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            at(program, Q, Thp.PAGES, RW);
            program.store(Q, 'a');
            for (boolean enable : new boolean[] {true, false}) {
                Mprotect.uffdWpRange(areas(program, Q, 1).getFirst(), Q, Q + Thp.BYTES, enable);
                assertTrue(isHuge(program, Q));
                assertEquals(enable, present(program, Q + P).uffdWp());
                assertEquals(!enable, present(program, Q + P).writable());
            }
        }));
    }

    @Test
    void aHugePageOfAFileIsMappedAsThePermissionsOfItsAreaSay() {
        withAHugePageOfAFile(program -> {
            Sandbox.Program other = program.fork();
            assertEquals('b', other.load(Q + P));
            assertTrue(isHuge(other, Q) && present(other, Q).writable() && !present(other, Q).dirty());
            other.exit(0);
            long at = Q + 16 * Thp.BYTES;
            file(program, at, Thp.PAGES, Mman.PROT_READ, Mman.MAP_SHARED, 0);
            program.load(at);
            assertTrue(isHuge(program, at) && !present(program, at).writable());
            assertThrows(SignalRaised.class, () -> program.store(at, 'x'));
            file(program, at, Thp.PAGES, RW, Mman.MAP_PRIVATE, 0);
            program.load(at);
            assertTrue(isHuge(program, at) && !present(program, at).writable());
            program.store(at, 'x');
            assertEquals('a', program.load(Q));
            file(program, at, Thp.PAGES, RW, Mman.MAP_SHARED, 0);
            program.must("madvise", at, Thp.BYTES, Mman.MADV_NOHUGEPAGE);
            program.load(at);
            assertFalse(isHuge(program, at));
        });
    }

    /// What was written through the entry of a huge page is not forgotten when that is taken out: of a page of tmpfs that is
    /// clean nothing has to be kept.
    @Test
    void whatWasWrittenThroughTheEntryIsKept() {
        Sandbox sandbox = Sandbox.hugeTmpfs().hole("/mnt/f", Thp.BYTES);
        sandbox.swapOn(4);
        assertEquals(List.of(), sandbox.run(() -> {
            Sandbox.Program program = sandbox.program(1);
            program.open("/mnt/f", 0);
            file(program, Q, Thp.PAGES, RW, Mman.MAP_SHARED, 0);
            program.load(Q);
            assertTrue(isHuge(program, Q) && !present(program, Q).dirty());
            Folio head = present(program, Q).folio().head();
            program.must("madvise", Q, P, Mman.MADV_RANDOM); // taken out
            assertEquals(0, head.flags().peek() & Folio.DIRTY);
            program.must("madvise", Q, P, Mman.MADV_NORMAL);
            program.load(Q);
            program.store(Q + 5 * P, 'z');
            assertTrue(isHuge(program, Q) && present(program, Q).dirty());
            program.must("madvise", Q, P, Mman.MADV_RANDOM);
            assertTrue((head.flags().peek() & Folio.DIRTY) != 0);
            assertEquals('z', program.load(Q + 5 * P));
        }));
    }

    /// One of them maps it; the other finds it mapped.
    @Test
    void twoFaultsMapAHugePageOfAFile() {
        for (boolean stores : new boolean[] {false, true}) {
            TwoSwitches.once(order -> {
                Sandbox sandbox = Sandbox.hugeTmpfs().file("/mnt/f", Thp.BYTES, 'a');
                List<Sandbox.Program> programs = new ArrayList<>();
                Runnable access = () -> {
                    if (stores) {
                        programs.getFirst().store(Q + P, 'b');
                    } else {
                        programs.getFirst().load(Q + P);
                    }
                };
                assertEquals(List.of(), sandbox.runTogether(order, () -> {
                    programs.add(sandbox.program(1));
                    programs.getFirst().open("/mnt/f", 0);
                    file(programs.getFirst(), Q, Thp.PAGES, RW, Mman.MAP_SHARED, 0);
                }, List.of(access, access), () -> {
                    assertTrue(isHuge(programs.getFirst(), Q));
                    assertEquals(stores ? 'b' : 'a', programs.getFirst().load(Q + P));
                }), order::toString);
            });
        }
    }
}
