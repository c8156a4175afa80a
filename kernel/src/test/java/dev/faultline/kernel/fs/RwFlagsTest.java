package dev.faultline.kernel.fs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.SysResult;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// What a program asks of one read or write alone. What each call answers was asked of Linux 6.18 on ext4 and tmpfs.
class RwFlagsTest {
    private static final int PAGE = 4096;
    private static final int DSYNC = 2;
    private static final int SYNC = 4;
    private static final int NOWAIT = 8;
    private static final int APPEND = 0x10;
    private static final int NOAPPEND = 0x20;
    private static final int ATOMIC = 0x40;
    private static final int DONTCACHE = 0x80;
    private static final int UNKNOWN = 0x200;

    /// A program with a file of two pages open through the cache as 3, for direct I/O as 4, and memory.
    private static final class Client {
        private final Sandbox.Program program;
        private final long vector;
        private final long buffer;

        Client(Sandbox.Program program) {
            this.program = program;
            program.open("/mnt/f", 0);
            program.open("/mnt/f", Fcntl.O_DIRECT);
            this.vector = program.anonymous(PAGE);
            this.buffer = program.anonymous(4 * PAGE);
        }

        private SysResult call(String name, int fd, long lengthBytes, long pos, int flags) {
            program.store(vector, 8, buffer);
            program.store(vector + 8, 8, lengthBytes);
            return program.call(name, fd, vector, 1, pos, flags);
        }

        SysResult read(int fd, long pos, int flags) {
            return call("preadv2", fd, PAGE, pos, flags);
        }

        SysResult write(int fd, long pos, int flags) {
            return call("pwritev2", fd, PAGE, pos, flags);
        }

        long size() {
            return program.must("lseek", 3, 0, 2);
        }
    }

    private static void on(Sandbox sandbox, Consumer<Client> body) {
        assertEquals(List.of(), sandbox.run(() -> body.accept(new Client(sandbox.program(1)))));
    }

    private static void onExt4(Consumer<Client> body) {
        on(Sandbox.ext4().file("/mnt/f", 2 * PAGE, 'a'), body);
    }

    private static final SysResult PAGE_DONE = SysResult.ok(PAGE);

    @Test
    void flagsThatMakeDurableAreTaken() {
        onExt4(client -> {
            for (int flags : new int[] {0, 1, DSYNC, SYNC, NOAPPEND, DONTCACHE, 0x100}) {
                for (int fd = 3; fd <= 4; fd++) {
                    assertEquals(PAGE_DONE, client.read(fd, 0, flags));
                    assertEquals(PAGE_DONE, client.write(fd, 0, flags));
                }
            }
            assertEquals(2 * PAGE, client.size());
        });
    }

    @Test
    void whatIsNotSupportedIsRefused() {
        onExt4(client -> {
            assertTrue(client.read(3, 0, ATOMIC).is(Errno.EOPNOTSUPP));
            assertTrue(client.write(4, 0, ATOMIC).is(Errno.EOPNOTSUPP));
            assertTrue(client.read(3, 0, UNKNOWN).is(Errno.EOPNOTSUPP));
            assertTrue(client.write(3, 0, NOWAIT).is(Errno.EOPNOTSUPP));
            assertTrue(client.write(3, 0, APPEND | NOAPPEND).is(Errno.EINVAL));
        });
        on(Sandbox.tmpfs(OptionalLong.empty()).file("/mnt/f", 2 * PAGE, 'a'), client -> {
            for (int flags : new int[] {NOWAIT, DONTCACHE, ATOMIC}) {
                assertTrue(client.read(3, 0, flags).is(Errno.EOPNOTSUPP));
                assertTrue(client.write(4, 0, flags).is(Errno.EOPNOTSUPP));
            }
            assertEquals(PAGE_DONE, client.write(3, 0, DSYNC));
        });
    }

    /// The descriptor is looked at first, then the memory; nothing to transfer is never wrong.
    @Test
    void mistakesAreToldInLinuxOrder() {
        onExt4(client -> {
            assertTrue(client.read(99, -2, 0).is(Errno.EINVAL));
            assertTrue(client.read(99, 0, UNKNOWN).is(Errno.EBADF));
            assertTrue(client.program.call("preadv2", 3, 8, 1, 0, UNKNOWN).is(Errno.EFAULT));
            assertEquals(SysResult.ZERO, client.call("preadv2", 3, 0, 0, UNKNOWN));
            assertEquals(SysResult.ZERO, client.call("pwritev2", 3, 0, 0, NOWAIT));
            int readOnly = client.program.openReadOnly("/mnt/f");
            assertTrue(client.write(readOnly, 0, UNKNOWN).is(Errno.EBADF));
        });
    }

    @Test
    void aPositionOfMinusOneIsThatOfTheFile() {
        onExt4(client -> {
            client.program.must("lseek", 3, PAGE, 0);
            assertEquals(PAGE_DONE, client.read(3, -1, 0));
            assertEquals(2 * PAGE, client.program.must("lseek", 3, 0, 1));
            assertEquals(SysResult.ZERO, client.read(3, -1, 0));
            client.program.must("lseek", 3, 0, 0);
            assertEquals(PAGE_DONE, client.write(3, -1, APPEND));
            assertEquals(3 * PAGE, client.program.must("lseek", 3, 0, 1));
        });
    }

    @Test
    void appendingIsAskedForOrGivenUp() {
        onExt4(client -> {
            assertEquals(PAGE_DONE, client.write(3, 0, APPEND));
            assertEquals(PAGE_DONE, client.write(4, 0, APPEND));
            assertEquals(4 * PAGE, client.size());
            int appending = client.program.open("/mnt/f", Fcntl.O_APPEND);
            assertEquals(PAGE_DONE, client.write(appending, 0, NOAPPEND));
            assertEquals(4 * PAGE, client.size());
            assertEquals(PAGE_DONE, client.write(appending, 0, 0));
            assertEquals(5 * PAGE, client.size());
            assertEquals(PAGE_DONE, client.read(appending, 0, APPEND));
        });
    }

    /// Direct writes must not wait for blocks, for the size, or for any page in their way; direct reads for dirty
    /// pages.
    @Test
    void directRequestsThatWouldWaitAreRefused() {
        onExt4(client -> {
            assertEquals(PAGE_DONE, client.read(4, 0, NOWAIT));
            assertEquals(PAGE_DONE, client.write(4, 0, NOWAIT));
            assertEquals(SysResult.ZERO, client.read(4, 2 * PAGE, NOWAIT));
            assertTrue(client.write(4, 2 * PAGE, NOWAIT).is(Errno.EAGAIN));
            client.program.must("pwrite", 3, client.buffer, 10, 0);
            assertTrue(client.read(4, 0, NOWAIT).is(Errno.EAGAIN));
            assertTrue(client.write(4, 0, NOWAIT).is(Errno.EAGAIN));
            client.program.must("fsync", 3);
            assertEquals(PAGE_DONE, client.read(4, 0, NOWAIT));
            assertTrue(client.write(4, 0, NOWAIT).is(Errno.EAGAIN));
            client.program.must("ftruncate", 3, 16 * PAGE);
            assertEquals(PAGE_DONE, client.read(4, 4 * PAGE, NOWAIT));
            assertTrue(client.write(4, 4 * PAGE, NOWAIT).is(Errno.EAGAIN));
        });
    }

    /// A page that has to be read may be there in time or not; asked again it is there. A hole takes no time.
    @Test
    void bufferedReadsDoNotWaitForTheDevice() {
        onExt4(client -> {
            assertTrue(client.read(3, 0, NOWAIT).is(Errno.EAGAIN));
            assertEquals(PAGE_DONE, client.read(3, 0, NOWAIT));
            assertEquals(SysResult.ZERO, client.read(3, 2 * PAGE, NOWAIT));
            client.program.must("ftruncate", 3, 16 * PAGE);
            assertEquals(PAGE_DONE, client.read(3, 4 * PAGE, NOWAIT));
        });
    }

    /// A write that is to be durable is on the disk when the call returns.
    @Test
    void aDurableWriteIsWrittenOut() {
        onExt4(client -> {
            client.program.fill(client.buffer, 1, 'x');
            assertEquals(PAGE_DONE, client.write(3, 0, DSYNC));
            assertEquals(PAGE_DONE, client.read(4, 0, NOWAIT)); // nothing dirty is left
            assertEquals('x', client.program.load(client.buffer));
        });
    }

    @Test
    void whoHoldsTheInodeLockMakesARequestThatMustNotWaitFail() {
        int refused = 0;
        for (int seed = 0; seed < 200; seed++) {
            Sandbox sandbox = Sandbox.ext4().file("/mnt/f", 2 * PAGE, 'a');
            List<Client> clients = new ArrayList<>();
            List<SysResult> results = new ArrayList<>();
            assertEquals(List.of(), sandbox.runTogether(seed, () -> clients.add(new Client(sandbox.program(1))), List.of(
                    () -> clients.getFirst().program.must("ftruncate", 3, 2 * PAGE),
                    () -> results.add(clients.getFirst().read(4, 0, NOWAIT)))));
            refused += results.getFirst().is(Errno.EAGAIN) ? 1 : 0;
            assertTrue(results.getFirst().is(Errno.EAGAIN) || results.getFirst().equals(PAGE_DONE));
        }
        assertTrue(refused > 0 && refused < 200, "refused " + refused + " times");
    }

    @Test
    void whatIsReadAheadIsThereInTimeOrNot() {
        int late = 0;
        for (int seed = 0; seed < 20; seed++) {
            Sandbox sandbox = Sandbox.ext4().file("/mnt/f", 2 * PAGE, 'a');
            List<Client> clients = new ArrayList<>();
            List<SysResult> results = new ArrayList<>();
            assertEquals(List.of(), sandbox.runTogether(seed, () -> clients.add(new Client(sandbox.program(1))), List.of(
                    () -> results.add(clients.getFirst().read(3, 0, NOWAIT)))));
            late += results.getFirst().is(Errno.EAGAIN) ? 1 : 0;
            assertTrue(results.getFirst().is(Errno.EAGAIN) || results.getFirst().equals(PAGE_DONE));
        }
        assertTrue(late > 0 && late < 20, "late " + late + " times");
    }
}
