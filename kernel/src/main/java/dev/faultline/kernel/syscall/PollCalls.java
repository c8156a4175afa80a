package dev.faultline.kernel.syscall;

import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.fs.PollWait;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.UserAccess;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.Poll;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.RetryLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// poll(2): fs/select.c.
final class PollCalls {
    private static final int POLLFD_BYTES = 8;
    private static final int MAX_FDS = 1024;

    private final Process process;
    private final UserAccess access;
    private final long[] entries;

    /// The files that the call waits for, which it keeps open until it ends (`struct poll_table_entry`).
    private final List<OpenFile> waitedFor = new ArrayList<>(1);

    private PollCalls(Process process, int count) {
        this.process = process;
        this.access = process.node().userMemory().access();
        this.entries = new long[count];
    }

    /// Waits until one of the files is ready. Time passes as it pleases: a limit above 0 is over as soon as nothing is
    /// ready, because whatever could have come meanwhile may come before as well.
    ///
    /// @return how many are ready, or bad; -EFAULT, -EINVAL
    @Models(file = "fs/select.c", symbol = "do_sys_poll")
    static SysResult poll(Process process, long address, long count, int timeoutMs) {
        if (count < 0 || count > MAX_FDS) {
            return SysResult.err(Errno.EINVAL);
        }
        PollCalls call = new PollCalls(process, (int) count);
        if (!call.copyIn(address)) {
            return SysResult.err(Errno.EFAULT);
        }
        int ready = call.doPoll(timeoutMs);
        call.waitedFor.forEach(OpenFile::put);
        return call.copyOut(address) ? SysResult.ok(ready) : SysResult.err(Errno.EFAULT);
    }

    private boolean copyIn(long address) {
        Content bytes = new Content((byte) 0);
        for (int i = 0; i < entries.length; i++) {
            long at = address + (long) i * POLLFD_BYTES;
            int head = Math.min(POLLFD_BYTES, Content.SIZE - (int) (at & Content.SIZE - 1));
            if (access.copyFromUser(bytes, 0, at, head) != 0
                    || head < POLLFD_BYTES && access.copyFromUser(bytes, head, at + head, POLLFD_BYTES - head) != 0) {
                return false;
            }
            entries[i] = bytes.load(0, POLLFD_BYTES) & 0xffff_ffff_ffffL;
        }
        return true;
    }

    private boolean copyOut(long address) {
        Content bytes = new Content((byte) 0);
        for (int i = 0; i < entries.length; i++) {
            bytes.store(0, 2, entries[i] >>> 48);
            for (int half = 0; half < 2; half++) { // need not be aligned
                if (access.copyToUser(address + (long) i * POLLFD_BYTES + 6 + half, bytes, half, 1) != 0) {
                    return false;
                }
            }
        }
        return true;
    }

    @Models(file = "fs/select.c", symbol = "do_poll")
    private int doPoll(int timeoutMs) {
        Machine machine = process.node().machine();
        Optional<PollWait> wait = timeoutMs < 0 ? Optional.of(new PollWait(machine)) : Optional.empty();
        RetryLoop loop = machine.retryLoop("do_poll");
        for (boolean again = false;; again = true) {
            int ready = 0;
            for (int i = 0; i < entries.length; i++) {
                ready += pollOne(i, wait, again) ? 1 : 0;
            }
            if (ready > 0 || timeoutMs == 0) {
                return ready;
            }
            if (wait.isEmpty()) {
                machine.environmentActs("poll timed out");
                return 0;
            }
            wait.get().await();
            loop.again();
        }
    }

    @Models(file = "fs/select.c", symbol = "do_pollfd")
    private boolean pollOne(int i, Optional<PollWait> wait, boolean again) {
        int fd = (int) entries[i];
        int events = (int) (entries[i] >>> 32) & 0xffff | Poll.POLLERR | Poll.POLLHUP;
        int found = fd < 0 ? 0 : pollFile(fd, events, wait, again);
        entries[i] = entries[i] & 0xffff_ffff_ffffL | (long) found << 48;
        return found != 0;
    }

    /// @param again whether the call has waited before: it waits for the same files, whatever the descriptor stands for now
    private int pollFile(int fd, int events, Optional<PollWait> wait, boolean again) {
        Optional<OpenFile> held = process.files().hold(fd);
        if (held.isEmpty()) {
            return Poll.POLLNVAL;
        }
        OpenFile file = held.get();
        boolean waits = !again || waitedFor.contains(file);
        int found = file.inode().operations().poll(file, waits ? wait : Optional.empty()) & events;
        if (found == 0 && wait.isPresent() && !again) {
            waitedFor.add(file);
        } else {
            file.put();
        }
        return found;
    }
}
