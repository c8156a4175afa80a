package dev.faultline.kernel.fs.fuse;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.FuseAbi;
import dev.faultline.machine.shared.Completion;
import dev.faultline.machine.task.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A question to the server on its way (`struct fuse_req`). Belongs to whoever asked until it is queued, to the server
/// until it is answered, then to whoever asked again.
final class FuseRequest {
    /// A piece of a page: where the data to write is, or where the data that is read goes.
    record Piece(Folio folio, int offset, int lengthBytes) {}

    private final int opcode;
    private final Content message = new Content((byte) 0);
    private final int messageBytes;
    private final List<Piece> pieces = new ArrayList<>();
    private final Completion answered;
    private final Content answer = new Content((byte) 0);
    private long unique;
    private Optional<Errno> error = Optional.empty();
    private long dataBytes;

    FuseRequest(Machine machine, int opcode, long nodeId, int argumentBytes) {
        this.opcode = opcode;
        this.messageBytes = FuseAbi.IN_HEADER_BYTES + argumentBytes;
        this.answered = new Completion(machine, "fuse request", opcode);
        message.store(4, 4, opcode);
        message.store(16, 8, nodeId);
    }

    /// {@return a request to read or write, without pieces yet}
    static FuseRequest transfer(Machine machine, int opcode, long nodeId, long pos, int flags) {
        FuseRequest request = new FuseRequest(machine, opcode, nodeId, FuseAbi.TRANSFER_IN_BYTES);
        request.argument(8, 8, pos);
        request.argument(20, 4, flags);
        return request;
    }

    /// Sets a number among the arguments.
    void argument(int offset, int sizeBytes, long value) {
        message.store(FuseAbi.IN_HEADER_BYTES + offset, sizeBytes, value);
    }

    void add(Piece piece) {
        pieces.add(piece);
        argument(16, 4, lengthBytes());
    }

    List<Piece> pieces() {
        return pieces;
    }

    /// {@return the bytes of all pieces}
    long lengthBytes() {
        return pieces.stream().mapToLong(Piece::lengthBytes).sum();
    }

    boolean isRead() {
        return opcode == FuseAbi.READ;
    }

    boolean isWrite() {
        return opcode == FuseAbi.WRITE;
    }

    /// Gives the request its number, before it is queued.
    void number(long newUnique) {
        unique = newUnique;
        message.store(8, 8, unique);
        message.store(0, 4, messageBytes + (isWrite() ? lengthBytes() : 0));
    }

    long unique() {
        return unique;
    }

    /// {@return the header and the arguments, as the server reads them}
    Content message() {
        return message;
    }

    int messageBytes() {
        return messageBytes;
    }

    /// {@return where the arguments of the answer go}
    Content answer() {
        return answer;
    }

    /// {@return how long the arguments of an answer without error are}
    int answerBytes() {
        return isRead() ? 0 : isWrite() ? FuseAbi.WRITE_OUT_BYTES : FuseAbi.ATTR_OUT_BYTES;
    }

    /// {@return the bytes that the server has read into the pieces}
    long dataBytes() {
        return dataBytes;
    }

    void setDataBytes(long lengthBytes) {
        dataBytes = lengthBytes;
    }

    /// Ends the request. One step.
    void end(Optional<Errno> result) {
        error = result;
        answered.complete();
    }

    /// Waits for the answer.
    ///
    /// @return the error of the server
    Optional<Errno> waitForAnswer() {
        answered.waitFor();
        return error;
    }
}
