package dev.faultline.kernel.fs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.kernel.Sandbox;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.kernel.uapi.SysResult;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// Requests that are submitted and not waited for. What each call answers was asked of Linux 6.18 on ext4.
class AioTest {
    private static final int PAGE = 4096;
    private static final int PREAD = 0;
    private static final int PWRITE = 1;
    private static final int FSYNC = 2;
    private static final int PREADV = 7;

    /// A program with a context, a file open for direct I/O as 3 and through the cache as 4, and memory.
    private static final class Client {
        private final Sandbox.Program program;
        private final long context;
        private final long page;
        private final long buffer;

        Client(Sandbox.Program program) {
            this.program = program;
            program.open("/mnt/f", Fcntl.O_DIRECT);
            program.open("/mnt/f", 0);
            this.page = program.anonymous(PAGE);
            this.buffer = program.anonymous(2 * PAGE);
            program.must("io_setup", 4, page);
            this.context = word(page);
        }

        long word(long address) {
            long value = 0;
            for (int i = 7; i >= 0; i--) {
                value = value << 8 | program.load(address + i) & 0xff;
            }
            return value;
        }

        /// Puts an iocb and a list of it into memory; words not named are 0.
        void prepare(long opcode, long fd, long address, long lengthBytes, long pos) {
            long iocb = page + 512;
            for (int i = 0; i < 8; i++) {
                program.store(iocb + 8 * i, 8, 0);
            }
            program.store(page + 256, 8, iocb);
            program.store(iocb, 8, 77);
            program.store(iocb + 16, 8, opcode | fd << 32);
            program.store(iocb + 24, 8, address);
            program.store(iocb + 32, 8, lengthBytes);
            program.store(iocb + 40, 8, pos);
        }

        SysResult submit() {
            return program.call("io_submit", context, 1, page + 256);
        }

        SysResult events(long least, long most, long timeout) {
            return program.call("io_getevents", context, least, most, page + 1024, timeout);
        }

        /// {@return the result of the one request that was submitted}
        long result() {
            assertEquals(SysResult.ok(1), submit());
            assertEquals(SysResult.ok(1), events(1, 4, 0));
            assertEquals(77, word(page + 1024));
            assertEquals(page + 512, word(page + 1024 + 8));
            return word(page + 1024 + 16);
        }

        long result(long opcode, long fd, long address, long lengthBytes, long pos) {
            prepare(opcode, fd, address, lengthBytes, pos);
            return result();
        }

        void refused(Errno errno, long opcode, long fd, long address, long lengthBytes, long pos) {
            prepare(opcode, fd, address, lengthBytes, pos);
            assertEquals(SysResult.err(errno), submit());
        }

        /// {@return the address of a limit of no time at all}
        long now() {
            return page + 2048;
        }
    }

    private static void onBoth(Consumer<Client> body) {
        for (Sandbox sandbox : List.of(Sandbox.ext4(), Sandbox.gfs2(1))) {
            sandbox.file("/mnt/f", 3 * PAGE, 'a');
            assertEquals(List.of(), sandbox.run(() -> body.accept(new Client(sandbox.program(1)))));
        }
    }

    @Test
    void theResultIsThatOfTheRequest() {
        onBoth(client -> {
            for (int fd = 3; fd <= 4; fd++) {
                assertEquals(2 * PAGE, client.result(PREAD, fd, client.buffer, 2 * PAGE, 0));
                assertEquals('a', client.program.load(client.buffer));
                client.program.fill(client.buffer, PAGE, 'b' + fd);
                assertEquals(PAGE, client.result(PWRITE, fd, client.buffer, PAGE, PAGE));
                assertEquals(0, client.result(PREAD, fd, client.buffer, PAGE, 3 * PAGE));
                assertEquals(0, client.result(PREAD, fd, client.buffer, 0, 0));
                assertEquals(PAGE, client.result(PREAD, fd, client.buffer, 2 * PAGE, 2 * PAGE));
                assertEquals(PAGE, client.program.must("pread", fd, client.buffer, PAGE, PAGE));
                assertEquals('b' + fd, client.program.load(client.buffer + 17));
            }
            assertEquals(0, client.result(FSYNC, 4, 0, 0, 0));
        });
    }

    /// What is wrong with the transfer is its result; what is wrong with the request is that of the call.
    @Test
    void wrongRequestsAreRefused() {
        onBoth(client -> {
            client.refused(Errno.EBADF, PREAD, 99, client.buffer, PAGE, 0);
            client.refused(Errno.EINVAL, 9, 3, client.buffer, PAGE, 0);
            client.refused(Errno.EINVAL, 4, 3, client.buffer, PAGE, 0);
            client.refused(Errno.EINVAL, PREAD, 3, client.buffer, -1, 0);
            client.refused(Errno.EINVAL, PREAD, 3, client.buffer, PAGE, -1);
            client.refused(Errno.EFAULT, PREAD, 3, 1L << 62, PAGE, 0);
            client.refused(Errno.EINVAL, PREADV, 3, client.buffer, 1025, 0);
            client.refused(Errno.EFAULT, PREADV, 3, 8, 2, 0);
            client.refused(Errno.EINVAL, FSYNC, 3, 0, 1, 0);
            int readOnly = client.program.openReadOnly("/mnt/f");
            client.refused(Errno.EBADF, PWRITE, readOnly, client.buffer, PAGE, 0);
            assertEquals(-Errno.EINVAL.number(), client.result(PREAD, 3, client.buffer, PAGE, 1));
            assertEquals(-Errno.EINVAL.number(), client.result(PREAD, 3, client.buffer + 1, PAGE, 0));
            assertEquals(-Errno.EFAULT.number(), client.result(PREAD, 3, PAGE, PAGE, 0));
            assertEquals(-Errno.EFAULT.number(), client.result(PREAD, 4, PAGE, PAGE, 0));
        });
    }

    @Test
    void wordsThatMeanNothingYetAreRefused() {
        onBoth(client -> {
            client.prepare(PREAD, 3, client.buffer, PAGE, 0);
            client.program.store(client.page + 512 + 48, 8, 1); // aio_reserved2
            assertTrue(client.submit().is(Errno.EINVAL));
            client.prepare(PREAD, 3, client.buffer, PAGE, 0);
            client.program.store(client.page + 512 + 12, 4, 0x1000); // aio_rw_flags
            assertTrue(client.submit().is(Errno.EOPNOTSUPP));
            client.prepare(PREAD, 3, client.buffer, PAGE, 0);
            client.program.store(client.page + 512 + 56, 8, 1 | 99L << 32); // an eventfd that is not open
            assertTrue(client.submit().is(Errno.EBADF));
            client.program.store(client.page + 512 + 56, 8, 1 | 3L << 32); // one that is a file
            assertTrue(client.submit().is(Errno.EINVAL));
        });
    }

    @Test
    void contextsAreKnownByTheirNames() {
        onBoth(client -> {
            Sandbox.Program program = client.program;
            assertTrue(program.call("io_setup", 1, client.page).is(Errno.EINVAL)); // there is a name already
            program.store(client.page, 8, 0);
            assertTrue(program.call("io_setup", 0, client.page).is(Errno.EINVAL));
            assertTrue(program.call("io_setup", 0x1000000, client.page).is(Errno.EINVAL));
            assertTrue(program.call("io_setup", 1, 8).is(Errno.EFAULT));
            client.prepare(PREAD, 3, client.buffer, PAGE, 0);
            assertTrue(program.call("io_submit", 0, 1, client.page + 256).is(Errno.EINVAL));
            assertTrue(program.call("io_submit", client.context, -1, client.page + 256).is(Errno.EINVAL));
            assertEquals(SysResult.ZERO, program.call("io_submit", client.context, 0, 0));
            assertTrue(program.call("io_submit", client.context, 1, 8).is(Errno.EFAULT));
            assertTrue(program.call("io_destroy", 0).is(Errno.EINVAL));
            assertEquals(0, program.must("io_destroy", client.context));
            assertTrue(program.call("io_destroy", client.context).is(Errno.EINVAL));
            assertTrue(client.submit().is(Errno.EINVAL));
        });
    }

    @Test
    void whatIsFetchedIsFetchedOnce() {
        onBoth(client -> {
            assertTrue(client.events(2, 1, client.now()).is(Errno.EINVAL));
            assertTrue(client.events(-1, 1, client.now()).is(Errno.EINVAL));
            assertTrue(client.events(1, 1, 8).is(Errno.EFAULT));
            assertEquals(SysResult.ZERO, client.events(1, 1, client.now()));
            client.prepare(PREAD, 4, client.buffer, PAGE, 0);
            assertEquals(SysResult.ok(1), client.submit());
            assertEquals(SysResult.ok(1), client.submit());
            SysResult lost = client.program.call("io_getevents", client.context, 1, 4, 8, client.now());
            assertTrue(lost.is(Errno.EFAULT));
            assertEquals(SysResult.ok(1), client.events(1, 1, 0));
            assertEquals(SysResult.ok(1), client.events(0, 4, client.now()));
            assertEquals(SysResult.ZERO, client.events(0, 4, client.now()));
        });
    }

    /// Linux has room for a few less, as each processor keeps some places for itself.
    @Test
    void aFullRingRefusesRequests() {
        onBoth(client -> {
            client.prepare(PREAD, 4, client.buffer, 10, 0);
            int taken = 0;
            while (client.submit() instanceof SysResult.Ok) {
                taken++;
            }
            assertEquals(126, taken);
            assertTrue(client.submit().is(Errno.EAGAIN));
            assertEquals(SysResult.ok(1), client.events(1, 1, client.now()));
            assertEquals(SysResult.ok(1), client.submit());
        });
    }

    /// Whatever the order of the device, truncation, and the program that waits: the blocks stay until the device is
    /// done, and the program learns of the whole write, or of one that began in the shorter file.
    @Test
    void truncationWaitsForTheDevice() {
        for (int seed = 0; seed < 300; seed++) {
            Sandbox sandbox = seed % 2 == 0 ? Sandbox.ext4() : Sandbox.gfs2(1);
            sandbox.file("/mnt/f", 3 * PAGE, 'a');
            List<Client> clients = new ArrayList<>();
            assertEquals(List.of(), sandbox.runTogether(seed, () -> {
                clients.add(new Client(sandbox.program(1)));
                clients.getFirst().prepare(PWRITE, 3, clients.getFirst().buffer, 2 * PAGE, 0);
            }, List.of(
                    () -> assertEquals(2 * PAGE, clients.getFirst().result()),
                    () -> clients.getFirst().program.must("ftruncate", 4, PAGE))), "seed " + seed);
        }
    }

    /// Giving the context up, or ending, waits for what the device still has to do.
    @Test
    void destroyingTheContextWaitsForRequests() {
        for (int seed = 0; seed < 100; seed++) {
            Sandbox sandbox = Sandbox.ext4().file("/mnt/f", 3 * PAGE, 'a');
            List<Client> clients = new ArrayList<>();
            assertEquals(List.of(), sandbox.runTogether(seed, () -> {
                clients.add(new Client(sandbox.program(1)));
                clients.getFirst().prepare(PREAD, 3, clients.getFirst().buffer, PAGE, 0);
            }, List.of(() -> {
                Client client = clients.getFirst();
                assertEquals(SysResult.ok(1), client.submit());
                client.program.must("io_destroy", client.context);
                assertEquals('a', client.program.load(client.buffer)); // the device is done
            })), "seed " + seed);
        }
    }
}
