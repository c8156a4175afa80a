package dev.faultline.kernel.fs.fuse;

import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.FuseAbi;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Digest;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import java.util.Optional;
import java.util.TreeMap;

/// The line between a mounted fuse and its server (`struct fuse_conn`): requests that nobody has read yet, and those that
/// were read and not answered.
final class FuseConn extends SharedObject {
    private final TreeMap<Long, FuseRequest> pending = new TreeMap<>();
    private final TreeMap<Long, FuseRequest> processing = new TreeMap<>();
    private long lastUnique;

    FuseConn(Machine machine, String mountPoint) {
        super(machine, "fuse requests", mountPoint);
    }

    /// Asks the server, and waits for its answer.
    ///
    /// @return its error
    @Models(file = "fs/fuse/dev.c", symbol = "__fuse_simple_request")
    Optional<Errno> ask(FuseRequest request) {
        machine().step(this, Access.WRITE, -1);
        lastUnique += FuseAbi.REQUEST_ID_STEP;
        request.number(lastUnique);
        pending.put(lastUnique, request);
        changed();
        return request.waitForAnswer();
    }

    /// {@return the oldest request that nobody has read; waits for one} One step.
    FuseRequest take() {
        machine().await(this, Access.WRITE, -1, () -> !pending.isEmpty());
        FuseRequest request = pending.pollFirstEntry().getValue();
        processing.put(request.unique(), request);
        changed();
        machine().current().learn(request.unique());
        return request;
    }

    /// {@return the request with that number, which was read and is answered now} One step.
    Optional<FuseRequest> answered(long unique) {
        machine().step(this, Access.WRITE, -1);
        Optional<FuseRequest> request = Optional.ofNullable(processing.remove(unique));
        machine().current().learn(request.isPresent() ? 1 : 0);
        changed();
        return request;
    }

    /// {@return how many requests were not answered} For the end, when all is quiet.
    int unanswered() {
        return pending.size() + processing.size();
    }

    @Override
    protected long stateHash() {
        long hash = lastUnique;
        for (long unique : pending.keySet()) {
            hash = Digest.mix(hash, unique);
        }
        for (long unique : processing.keySet()) {
            hash = Digest.mix(hash, -unique);
        }
        return hash;
    }
}
