package dev.faultline.kernel.fs.ntfs3;

import dev.faultline.kernel.fs.disk.Disk;
import dev.faultline.kernel.fs.disk.DiskInode;
import dev.faultline.kernel.fs.disk.DiskMapping;
import dev.faultline.kernel.iomap.Iomap;
import dev.faultline.kernel.iomap.IomapOps;
import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Folio;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.shared.Cell;
import dev.faultline.machine.task.Access;
import java.util.Optional;

/// The clusters of a file, as far as they are valid. Whoever is about to write one moves the valid size behind it.
record ValidBlocks(Disk disk, DiskInode inode, Cell valid) implements IomapOps {
    @Override
    @Models(file = "fs/ntfs3/inode.c", symbol = "ntfs_get_block_vbo")
    public Begin begin(long pos, long lengthBytes, Purpose purpose) {
        long valid = this.valid.read();
        Iomap found = found(pos, lengthBytes);
        if (found.type() == Iomap.Type.HOLE) {
            return new Begin.Mapped(found);
        }
        if (purpose == Purpose.WRITE) {
            long end = (pos / Content.SIZE + 1) * Content.SIZE;
            if (end > valid) {
                this.valid.write(end);
            }
            return new Begin.Mapped(found);
        }
        return new Begin.Mapped(pos >= valid ? found.as(Iomap.Type.HOLE) : upTo(found, valid));
    }

    /// As [#begin] for a direct transfer: a write takes clusters behind the valid size as they are.
    ///
    /// @param write whether it is one
    IomapOps direct(boolean write) {
        return new Direct(this, write);
    }

    /// {@return what lies at `pos`} One step on the block list.
    private Iomap found(long pos, long lengthBytes) {
        inode.machine().step(inode, Access.READ, -1);
        return new DiskMapping(disk, inode).extent(pos / Content.SIZE, (pos + lengthBytes - 1) / Content.SIZE);
    }

    private static Iomap upTo(Iomap found, long valid) {
        long length = Math.min(found.lengthBytes(), Content.pages(valid) * Content.SIZE - found.offset());
        return new Iomap(found.type(), found.offset(), length, found.device(), found.diskPosition());
    }

    @Override
    public Optional<Errno> end(long pos, long lengthBytes, long written, Iomap iomap, Purpose purpose) {
        return Optional.empty();
    }

    /// The clusters as a page is filled from them.
    record Read(ValidBlocks blocks, Folio folio) implements IomapOps {
        @Override
        public Begin begin(long pos, long lengthBytes, Purpose purpose) {
            return blocks.begin(pos, lengthBytes, purpose);
        }

        @Override
        public Optional<Errno> end(long pos, long lengthBytes, long written, Iomap iomap, Purpose purpose) {
            long inside = blocks.valid.read() - pos;
            if (iomap.type() == Iomap.Type.MAPPED && inside > 0 && inside < Content.SIZE) {
                folio.data().zero((int) inside, (int) (Content.SIZE - inside));
            }
            return Optional.empty();
        }
    }

    /// The clusters as direct I/O finds them.
    record Direct(ValidBlocks blocks, boolean write) implements IomapOps {
        @Override
        public Begin begin(long pos, long lengthBytes, Purpose purpose) {
            if (!write) {
                return blocks.begin(pos, lengthBytes, Purpose.LOOK_UP);
            }
            long valid = blocks.valid.read();
            Iomap found = blocks.found(pos, lengthBytes);
            if (found.type() == Iomap.Type.MAPPED) {
                zeroPartsBehind(valid, pos, pos + lengthBytes);
            }
            return new Begin.Mapped(found);
        }

        /// Zeroes what a write leaves of its first and last cluster, where they are not valid yet. For the rest of a step
        /// on the block list, where Linux submits writes of their own.
        @Models(file = "fs/direct-io.c", symbol = "dio_zero_block")
        private void zeroPartsBehind(long valid, long start, long end) {
            zeroIfInvalid(valid, start, start % Content.SIZE);
            zeroIfInvalid(valid, end, end % Content.SIZE);
        }

        private void zeroIfInvalid(long valid, long pos, long part) {
            long index = pos / Content.SIZE;
            long block = blocks.inode.block(index);
            if (part != 0 && index * Content.SIZE >= valid && block != DiskInode.HOLE) {
                blocks.disk.device().block(block).peek().fill(0, Content.SIZE, (byte) 0);
            }
        }

        @Override
        public Optional<Errno> end(long pos, long lengthBytes, long written, Iomap iomap, Purpose purpose) {
            return Optional.empty();
        }
    }
}
