package dev.faultline.kernel.syscall;

import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The descriptors of a process (`struct files_struct`). The lowest free number is handed out, from 3 on.
final class DescriptorTable extends SharedObject {
    private static final int FIRST = 3; // behind standard input, output and error

    private final TreeMap<Integer, OpenFile> files = new TreeMap<>();

    DescriptorTable(Machine machine, String process) {
        super(machine, "files_struct", process);
    }

    /// {@return the new descriptor of `file`} One step.
    int install(OpenFile file) {
        machine().step(this, Access.WRITE, -1);
        int fd = FIRST;
        while (files.containsKey(fd)) {
            fd++;
        }
        files.put(fd, file);
        changed();
        machine().current().learn(fd);
        return fd;
    }

    /// Takes over what another table has: the same open files (`dup_fd`). One step.
    void copyFrom(DescriptorTable other) {
        machine().step(other, Access.READ, -1);
        files.putAll(other.files);
        changed();
        machine().current().learn(files.size());
    }

    /// {@return the open file behind `fd`} One step.
    Optional<OpenFile> get(int fd) {
        machine().step(this, Access.READ, -1);
        Optional<OpenFile> file = Optional.ofNullable(files.get(fd));
        machine().current().learn(file.isPresent() ? 1 : 0);
        return file;
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
        return hash;
    }
}
