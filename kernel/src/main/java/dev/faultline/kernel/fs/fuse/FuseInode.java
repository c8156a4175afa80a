package dev.faultline.kernel.fs.fuse;

import dev.faultline.kernel.fs.FileOperations;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.disk.CachedInode;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.pagecache.AddressSpace;
import dev.faultline.kernel.pagecache.Writeback;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.FuseAbi;
import java.util.Optional;

/// A file of a fuse.
final class FuseInode extends CachedInode {
    private final FuseConn connection;
    private final long nodeId;
    private final FuseFile operations;

    FuseInode(Node node, FuseConn connection, String path, long nodeId) {
        super(node, path, 0);
        this.connection = connection;
        this.nodeId = nodeId;
        this.operations = new FuseFile(this);
    }

    FuseConn connection() {
        return connection;
    }

    long nodeId() {
        return nodeId;
    }

    @Override
    public FileOperations operations() {
        return operations;
    }

    /// {@return a request about this file, to read or to write from `pos` on}
    FuseRequest transfer(int opcode, long pos, int flags) {
        return FuseRequest.transfer(node().machine(), opcode, nodeId, pos, flags);
    }

    /// Asks the server for the page, which stays locked until it answers.
    @Override
    @Models(file = "fs/fuse/file.c", symbol = "fuse_read_folio")
    public Optional<Errno> readFolio(AddressSpace space, Folio folio) {
        FuseRequest request = transfer(FuseAbi.READ, folio.index() * Content.SIZE, 0);
        request.add(new FuseRequest.Piece(folio, 0, Content.SIZE));
        Optional<Errno> error = connection.ask(request);
        if (error.isEmpty()) {
            folio.flags().setBits(Folio.UPTODATE);
        }
        folio.lock().unlock();
        return error.isPresent() ? Optional.of(Errno.EIO) : error;
    }

    /// Sends the page to the server, which has it until it answers.
    @Override
    @Models(file = "fs/fuse/file.c", symbol = "fuse_writepages")
    public Optional<Errno> writeFolio(AddressSpace space, Folio folio) {
        long pos = folio.index() * Content.SIZE;
        int inside = (int) Math.min(Content.SIZE, mapping().iSize().read() - pos);
        if (inside <= 0) {
            folio.lock().unlock(); // being truncated
            return Optional.empty();
        }
        Writeback.start(folio);
        folio.lock().unlock();
        FuseRequest request = transfer(FuseAbi.WRITE, pos, FuseAbi.WRITE_CACHE);
        request.add(new FuseRequest.Piece(folio, 0, inside));
        Optional<Errno> error = connection.ask(request);
        folio.flags().clearBits(Folio.WRITEBACK);
        return error;
    }
}
