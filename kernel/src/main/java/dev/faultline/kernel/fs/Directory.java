package dev.faultline.kernel.fs;

import dev.faultline.kernel.uapi.Errno;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/// The files of a file system without a disk, by path.
///
/// @param <I> how they are known
public final class Directory<I extends Inode> extends SharedObject {
    private final Function<String, I> maker;
    private final TreeMap<String, I> inodes = new TreeMap<>();

    /// An empty one, in which `maker` makes the file with a path.
    public Directory(Machine machine, String mountPoint, Function<String, I> maker) {
        super(machine, "directory", mountPoint);
        this.maker = maker;
    }

    /// {@return the file with that path, if there is one} One step.
    public Optional<I> find(String path) {
        machine().step(this, Access.READ, -1);
        Optional<I> inode = Optional.ofNullable(inodes.get(path));
        machine().current().learn(inode.isPresent() ? 1 : 0);
        return inode;
    }

    /// {@return a new file with that path; -EEXIST if there is one} One step.
    public FileSystem.Lookup create(String path) {
        machine().step(this, Access.WRITE, -1);
        boolean exists = inodes.containsKey(path);
        machine().current().learn(exists ? 1 : 0);
        return exists ? new FileSystem.Lookup.Failed(Errno.EEXIST) : new FileSystem.Lookup.Found(make(path));
    }

    /// {@return a new file, made before anything runs} No step.
    public I make(String path) {
        I inode = maker.apply(path);
        inodes.put(path, inode);
        changed();
        return inode;
    }

    /// {@return the files, by path} For parts that run alone.
    public List<I> inodes() {
        return new ArrayList<>(inodes.values());
    }

    @Override
    protected long stateHash() {
        return inodes.size();
    }
}
