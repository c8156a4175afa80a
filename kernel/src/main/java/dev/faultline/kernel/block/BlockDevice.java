package dev.faultline.kernel.block;

import dev.faultline.kernel.lib.Content;
import dev.faultline.kernel.mm.FolioData;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import java.util.ArrayList;
import java.util.List;

/// A disk: numbered blocks of [Content#SIZE] bytes.
public final class BlockDevice {
    private final Machine machine;
    private final String name;
    private final int logicalBlockBytes;
    private final List<Block> blocks = new ArrayList<>();

    /// The smallest unit of transfer of most disks.
    public static final int SECTOR = 512;

    /// An empty disk that grows as blocks are handed out.
    ///
    /// @param logicalBlockBytes the smallest unit of transfer, a power of two from 512 to 4096
    public BlockDevice(Machine machine, String name, int logicalBlockBytes) {
        this.machine = machine;
        this.name = name;
        this.logicalBlockBytes = logicalBlockBytes;
    }

    /// {@return the smallest unit of transfer, in bytes (`bdev_logical_block_size`)}
    public int logicalBlockBytes() {
        return logicalBlockBytes;
    }

    /// {@return the number of a block that nobody uses, filled with `fill`} For making file systems: no step.
    public long format(byte fill) {
        blocks.add(new Block(blocks.size(), fill));
        return blocks.size() - 1L;
    }

    /// {@return the block with that number}
    public Block block(long number) {
        return blocks.get((int) number);
    }

    /// One block.
    public final class Block extends SharedObject {
        private final long number;
        private final byte initial;
        private final Content content;

        Block(long number, byte fill) {
            super(BlockDevice.this.machine, "block", name + ":" + number);
            this.number = number;
            this.initial = fill;
            this.content = new Content(fill);
        }

        /// {@return the number of the block}
        public long number() {
            return number;
        }

        /// Transfers `lengthBytes` bytes from `offset` on to memory. One step.
        public void read(int offset, int lengthBytes, FolioData memory, int memoryOffset) {
            machine().step(this, Access.READ, Content.pieces(offset, lengthBytes),
                    memory.touched(), Access.WRITE, memory.part(Content.pieces(memoryOffset, lengthBytes)));
            memory.content().copy(memoryOffset, content, offset, lengthBytes);
            memory.written();
        }

        /// Transfers `lengthBytes` bytes of memory to the block, from `offset` on. One step.
        public void write(int offset, int lengthBytes, FolioData memory, int memoryOffset) {
            machine().step(this, Access.WRITE, Content.pieces(offset, lengthBytes),
                    memory.touched(), Access.READ, memory.part(Content.pieces(memoryOffset, lengthBytes)));
            content.copy(offset, memory.content(), memoryOffset, lengthBytes);
            changed();
        }

        /// Fills the block with zeroes. One step.
        public void zero() {
            machine().step(this, Access.WRITE, -1);
            content.fill(0, Content.SIZE, (byte) 0);
            changed();
        }

        /// {@return the bytes, without a step: for parts that run alone and for checks at the end}
        public Content peek() {
            return content;
        }

        @Override
        protected long stateHash() {
            return content.hash() - new Content(initial).hash();
        }
    }
}
