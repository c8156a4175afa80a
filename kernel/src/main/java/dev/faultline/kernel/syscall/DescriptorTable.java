package dev.faultline.kernel.syscall;

import dev.faultline.kernel.fs.Descriptors;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SecondAccess;
import dev.faultline.machine.task.SharedObject;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

/// The descriptors of a process (`struct files_struct`). The lowest free number is handed out, from 3 on.
final class DescriptorTable extends SharedObject implements Descriptors {
    private static final int FIRST = 3; // behind standard input, output and error

    /// As long as a program has not asked for another limit (`INR_OPEN_CUR`).
    private static final long MOST_AT_FIRST = 1024;

    private final TreeMap<Integer, OpenFile> files = new TreeMap<>();
    private final TreeSet<Integer> reserved = new TreeSet<>();
    private long most = MOST_AT_FIRST;

    DescriptorTable(Machine machine, String process) {
        super(machine, "files_struct", process);
    }

    @Override
    public OptionalInt install(OpenFile file) {
        machine().step(this, Access.WRITE, -1);
        OptionalInt fd = lowestFree();
        fd.ifPresent(free -> files.put(free, file));
        changed();
        return fd;
    }

    @Models(file = "fs/file.c", symbol = "alloc_fd")
    private OptionalInt lowestFree() {
        OptionalInt free = IntStream.iterate(FIRST, fd -> fd + 1).filter(fd -> !files.containsKey(fd) && !reserved.contains(fd)).findFirst();
        boolean may = free.orElseThrow() < most;
        machine().current().learn(may ? free.orElseThrow() : 0);
        return may ? free : OptionalInt.empty();
    }

    /// Descriptors that are made from now on are below `limit` (`RLIMIT_NOFILE`). One step.
    void limit(long limit) {
        machine().step(this, Access.WRITE, -1);
        most = limit;
        changed();
    }

    /// {@return a descriptor that nobody else is given, and that stands for nothing yet; nothing if there are as many as there
    /// may be (`get_unused_fd_flags`)} One step.
    OptionalInt reserve() {
        machine().step(this, Access.WRITE, -1);
        OptionalInt fd = lowestFree();
        fd.ifPresent(reserved::add);
        changed();
        return fd;
    }

    /// Makes a descriptor that was reserved stand for a file, or for nothing and free again (`fd_install`,
    /// `put_unused_fd`). One step.
    void settle(int fd, Optional<OpenFile> file) {
        machine().step(this, Access.WRITE, -1);
        reserved.remove(fd);
        file.ifPresent(open -> files.put(fd, open));
        changed();
    }

    /// Takes over what another table has: the same open files (`dup_fd`). One step.
    void copyFrom(DescriptorTable other) {
        machine().step(other, Access.READ, -1);
        files.putAll(other.files);
        most = other.most;
        files.values().stream().filter(OpenFile::isCounted).forEach(OpenFile::getUnseen);
        changedUnseen();
        machine().current().learn(files.size());
    }

    /// {@return the open file behind `fd`} One step.
    Optional<OpenFile> get(int fd) {
        machine().step(this, Access.READ, -1);
        Optional<OpenFile> file = Optional.ofNullable(files.get(fd));
        machine().current().learn(file.isPresent() ? 1 : 0);
        return file;
    }

    /// {@return the open file behind `fd`, kept from being released until the caller gives it back (`fdget`)} One step.
    Optional<OpenFile> hold(int fd) {
        machine().step(this, Access.READ, -1, task -> Optional.ofNullable(files.get(fd)).filter(OpenFile::isCounted)
                .ifPresent(file -> SecondAccess.touch(task, file.count(), Access.ADD, -1)));
        Optional<OpenFile> file = Optional.ofNullable(files.get(fd));
        file.filter(OpenFile::isCounted).ifPresent(OpenFile::getWithinStep);
        machine().current().learn(file.isPresent() ? 1 : 0);
        return file;
    }

    /// {@return the descriptors that are open, lowest first; no step}
    List<Integer> open() {
        return List.copyOf(files.keySet());
    }

    /// Takes a descriptor out. One step.
    ///
    /// @return what it stood for
    Optional<OpenFile> remove(int fd) {
        machine().step(this, Access.WRITE, -1);
        Optional<OpenFile> file = Optional.ofNullable(files.remove(fd));
        machine().current().learn(file.isPresent() ? 1 : 0);
        changed();
        return file;
    }

    @Override
    protected long stateHash() {
        long hash = 0;
        for (Map.Entry<Integer, OpenFile> entry : files.entrySet()) {
            hash = hash * 31 + entry.getKey() * 7L + entry.getValue().position().stableName();
        }
        for (int fd : reserved) {
            hash = hash * 31 + fd + 1;
        }
        return hash + most - MOST_AT_FIRST;
    }
}
