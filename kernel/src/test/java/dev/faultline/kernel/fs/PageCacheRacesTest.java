package dev.faultline.kernel.fs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.TwoSwitches;
import dev.faultline.kernel.mm.SignalRaised;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.Mman;
import dev.faultline.kernel.uapi.SysResult;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Two tasks at the same pages of a file, the second of them between any two steps of the first.
class PageCacheRacesTest {
    private static final int PAGE = 4096;
    private static final int NOWAIT = 8;
    private static final long EIGHT_Y = 0x7979_7979_7979_7979L;

    /// A program with a file of a page open through the cache as 3 and for direct I/O as 4, a shared mapping of it, and
    /// memory that begins with `y`.
    private static final class Client {
        private final Sandbox.Program program;
        private final long mapping;
        private final long memory;
        private final long other;

        Client(Sandbox.Program program) {
            this.program = program;
            program.open("/mnt/f", 0);
            program.open("/mnt/f", Fcntl.O_DIRECT);
            mapping = program.shared(3, PAGE);
            memory = program.anonymous(PAGE);
            other = program.anonymous(PAGE);
            program.store(memory, 8, EIGHT_Y);
            program.store(other, 'o');
        }

        /// {@return a byte of the file, read past the cache once what is cached dirty is written}
        int onDisk(int pos) {
            assertEquals(PAGE, program.must("pread", 4, other, PAGE, 0));
            return program.load(other + pos);
        }

        /// {@return whether a byte could be written through the mapping}
        boolean stores(int pos, char value) {
            try {
                program.store(mapping + pos, value);
                return true;
            } catch (SignalRaised none) {
                return false;
            }
        }
    }

    /// One try: what is made before, and who runs.
    private record Race(Sandbox sandbox, Consumer<Client> prepare, Consumer<Client> first, Consumer<Client> second,
            Consumer<Client> last) {
        void run(TwoSwitches order) {
            List<Client> clients = new ArrayList<>();
            assertEquals(List.of(), sandbox.runTogether(order, () -> {
                clients.add(new Client(sandbox.program(1)));
                prepare.accept(clients.getFirst());
            }, List.of(() -> first.accept(clients.getFirst()), () -> second.accept(clients.getFirst())),
                    () -> last.accept(clients.getFirst())), order::toString);
        }
    }

    private static Sandbox file(String fileSystem) {
        return Sandbox.with(fileSystem).file("/mnt/f", PAGE, 'a');
    }

    private static Sandbox hole(String fileSystem) {
        return Sandbox.with(fileSystem).hole("/mnt/f", PAGE);
    }

    /// A truncation waits for pages that are being written: their blocks may be somebody else's afterwards.
    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "gfs2", "ntfs3"})
    void whatATruncationFreedIsNotWrittenByWhoCameBefore(String fileSystem) {
        TwoSwitches.once(order -> new Race(file(fileSystem),
                client -> client.stores(0, 'x'),
                client -> client.program.must("fsync", 3),
                client -> {
                    client.program.must("ftruncate", 3, 0);
                    client.program.must("ftruncate", 3, PAGE);
                    client.program.must("pwrite", 3, client.memory, PAGE, 0);
                    client.program.must("fsync", 3);
                },
                client -> assertEquals('y', client.onDisk(0))).run(order));
    }

    /// A direct write waits for pages in its way that are being written. The store comes before it unmaps the page.
    @Test
    void whatIsWrittenPastTheCacheIsNotOverwrittenFromThere() {
        TwoSwitches.twice(12, order -> new Race(file("ext4"),
                client -> assertEquals('a', client.program.load(client.mapping)),
                client -> client.program.must("pwrite", 4, client.memory, PAGE, 0),
                client -> {
                    client.stores(0, 'x');
                    client.program.must("fsync", 3);
                },
                client -> assertEquals('y', client.onDisk(1))).run(order));
    }

    /// btrfs looks for cached pages once more when it has locked the range: no store is lost there, nor what is written.
    @Test
    void whatIsCachedMeanwhileSendsADirectWriteThroughTheCache() {
        TwoSwitches.once(order -> new Race(Sandbox.btrfs(false).file("/mnt/f", PAGE, 'a'),
                client -> { },
                client -> client.program.must("pwrite", 4, client.memory, PAGE, 0),
                client -> client.stores(0, 'x'),
                client -> {
                    client.program.must("fsync", 3);
                    assertEquals('y', client.onDisk(1));
                }).run(order));
    }

    /// The place of a page that is being added may have been left by one that went to swap.
    @Test
    void aPageThatWentToSwapMeanwhileIsNotReplaced() {
        TwoSwitches.once(order -> {
            Sandbox sandbox = hole("tmpfs");
            sandbox.swapOn(2);
            new Race(sandbox,
                client -> { },
                client -> client.stores(1, 'z'),
                client -> {
                    client.stores(0, 'x');
                    client.program.must("madvise", client.mapping, PAGE, Mman.MADV_PAGEOUT);
                },
                client -> {
                    assertEquals('x', client.program.load(client.mapping));
                    assertEquals('z', client.program.load(client.mapping + 1));
                }).run(order);
        });
    }

    /// The device writes into the page that a program has mapped, while that is written back and is clean then.
    @Test
    void whatADirectReadPutsIntoAPageOfAFileIsWrittenBack() {
        TwoSwitches.twice(40, order -> {
            Sandbox sandbox = file("ext4").file("/mnt/g", PAGE, 'b');
            new Race(sandbox,
                client -> {
                    client.program.open("/mnt/g", Fcntl.O_DIRECT);
                    client.stores(0, 'x');
                },
                client -> client.program.must("pread", 5, client.mapping, PAGE, 0),
                client -> client.program.must("fsync", 3),
                client -> {
                    client.program.must("fsync", 3);
                    assertEquals('b', client.onDisk(0));
                }).run(order);
        });
    }

    /// What of a direct write went through the cache is dropped from it, unless somebody has written there meanwhile.
    @ParameterizedTest
    @ValueSource(strings = {"f2fs", "gfs2"})
    void aStoreThatComesBeforeACachedPageIsDroppedIsKept(String fileSystem) {
        TwoSwitches.once(order -> new Race(hole(fileSystem),
                client -> { },
                client -> assertEquals(512, client.program.must("pwrite", 4, client.memory, 512, 1024)),
                client -> {
                    client.stores(0, 'x');
                    client.program.must("munmap", client.mapping, PAGE);
                },
                client -> {
                    assertEquals('x', client.onDisk(0));
                    assertEquals('y', client.onDisk(1024));
                }).run(order));
    }

    @Test
    void aReadFindsAPageAgainThatADirectWriteTakesOut() {
        TwoSwitches.twice(25, order -> new Race(file("ext4"),
                client -> { },
                client -> {
                    assertEquals(1, client.program.must("pread", 3, client.other, 1, 0));
                    client.program.must("pwrite", 4, client.memory, PAGE, 0);
                },
                client -> assertEquals(1, client.program.must("pread", 3, client.other + 1, 1, 0)),
                client -> assertEquals('y', client.onDisk(1))).run(order));
    }

    @Test
    void aReadThatMustNotWaitDoesNotWaitForWhoReadsThePage() {
        TwoSwitches.once(order -> {
            boolean[] over = new boolean[1];
            new Race(file("ext4"),
                client -> {
                    client.program.store(client.other, 8, client.memory);
                    client.program.store(client.other + 8, 8, PAGE);
                },
                client -> {
                    assertEquals(1, client.program.must("pread", 3, client.memory, 1, 0));
                    over[0] = true;
                },
                client -> {
                    client.program.load(client.memory);
                    boolean before = over[0];
                    SysResult read = client.program.call("preadv2", 3, client.other, 1, 0, NOWAIT);
                    assertEquals(before, over[0], read + " " + order);
                    assertTrue(!read.equals(SysResult.ZERO));
                },
                client -> assertEquals('a', client.onDisk(1))).run(order);
        });
    }

    /// The page that a store is about to make writable may be no part of the file any more.
    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs", "f2fs", "gfs2", "ntfs3", "tmpfs"})
    void aStoreIntoWhatATruncationTookOutIsNotInTheFile(String fileSystem) {
        TwoSwitches.once(order -> new Race(file(fileSystem),
                client -> { },
                client -> client.stores(0, 'x'),
                client -> {
                    client.program.must("ftruncate", 3, 0);
                    client.program.must("ftruncate", 3, PAGE);
                },
                client -> {
                    assertEquals(1, client.program.must("pread", 3, client.other, 1, 0));
                    assertEquals(client.program.load(client.other), client.program.load(client.mapping));
                }).run(order));
    }
}
