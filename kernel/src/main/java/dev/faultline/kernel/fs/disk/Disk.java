package dev.faultline.kernel.fs.disk;

import dev.faultline.kernel.block.BlockDevice;
import dev.faultline.kernel.lib.Content;
import dev.faultline.machine.task.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/// A formatted disk: its blocks and its files, by path.
public final class Disk {
    private final Machine machine;
    private final BlockDevice device;
    private final TreeMap<String, DiskInode> inodes = new TreeMap<>();

    /// An empty disk.
    public Disk(Machine machine, String name) {
        this.machine = machine;
        this.device = new BlockDevice(machine, name);
    }

    /// {@return the blocks}
    public BlockDevice device() {
        return device;
    }

    /// {@return the file with that path}
    public Optional<DiskInode> lookup(String path) {
        return Optional.ofNullable(inodes.get(path));
    }

    /// {@return the files, by path}
    public List<DiskInode> inodes() {
        return new ArrayList<>(inodes.values());
    }

    /// {@return a new file of that size: each block filled, or none allocated where `fill` is empty}
    public DiskInode create(String path, long sizeBytes, Optional<Byte> fill) {
        DiskInode inode = new DiskInode(machine, path, sizeBytes);
        inodes.put(path, inode);
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
}
