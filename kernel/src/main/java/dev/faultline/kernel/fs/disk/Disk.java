package dev.faultline.kernel.fs.disk;

import dev.faultline.kernel.block.BlockDevice;
import dev.faultline.kernel.lib.Content;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// A formatted disk: its blocks and its files, by path. As a shared object it stands for its directory.
public final class Disk extends SharedObject {
    /// What somebody left in a block that is handed out again.
    private static final byte LEFT_BEHIND = (byte) 0xa5;

    private final BlockDevice device;
    private final TreeMap<String, DiskInode> inodes = new TreeMap<>();

    /// An empty disk.
    public Disk(Machine machine, String name) {
        this(machine, name, BlockDevice.SECTOR);
    }

    /// An empty disk with that smallest unit of transfer.
    public Disk(Machine machine, String name, int logicalBlockBytes) {
        super(machine, "directory", name);
        this.device = new BlockDevice(machine, name, logicalBlockBytes);
    }

    /// {@return the blocks}
    public BlockDevice device() {
        return device;
    }

    /// Gives a file blocks for its first pages, where it has none, with what somebody left in them. Part of a step, or
    /// before anything runs.
    public void allocateAsLeft(DiskInode file, long pages) {
        for (long index = 0; index < pages; index++) {
            if (file.block(index) == DiskInode.HOLE) {
                file.setBlock(index, device.format(LEFT_BEHIND));
            }
        }
    }

    /// {@return whether there is a file with that path} One step.
    public boolean hasFile(String path) {
        machine().step(this, Access.READ, -1);
        return learned(path);
    }

    /// Starts making a file with that path: the rest of the step may do it. One step.
    ///
    /// @return whether there is none yet
    public boolean isFree(String path) {
        machine().step(this, Access.WRITE, -1);
        return !learned(path);
    }

    private boolean learned(String path) {
        boolean there = inodes.containsKey(path);
        machine().current().learn(there ? 1 : 0);
        return there;
    }

    /// {@return the files, by path}
    public List<DiskInode> inodes() {
        return new ArrayList<>(inodes.values());
    }

    /// {@return a new file of that size: each block filled, or none allocated where `fill` is empty} Before
    /// anything runs, or within a step that [#isFree] started.
    public DiskInode create(String path, long sizeBytes, Optional<Byte> fill) {
        DiskInode inode = new DiskInode(machine(), path, sizeBytes);
        inodes.put(path, inode);
        changed();
        if (fill.isPresent()) {
            for (long index = 0; index * Content.SIZE < sizeBytes; index++) {
                inode.setBlock(index, device.format(fill.get()));
                zeroTail(inode, index, sizeBytes);
            }
        }
        return inode;
    }

    private void zeroTail(DiskInode inode, long index, long sizeBytes) {
        int used = (int) Math.min(Content.SIZE, sizeBytes - index * Content.SIZE);
        if (used < Content.SIZE) {
            device.block(inode.block(index)).peek().fill(used, Content.SIZE - used, (byte) 0);
        }
    }

    @Override
    protected long stateHash() {
        return inodes.size();
    }
}
