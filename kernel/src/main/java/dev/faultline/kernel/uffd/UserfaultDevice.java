package dev.faultline.kernel.uffd;

import dev.faultline.kernel.fs.Descriptors;
import dev.faultline.kernel.fs.FileMode;
import dev.faultline.kernel.fs.FileWithoutPages;
import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.TaskStruct;
import dev.faultline.kernel.uapi.Errno;
import dev.faultline.kernel.uapi.SysResult;
import dev.faultline.kernel.uapi.Uffd;
import java.util.EnumSet;
import java.util.Optional;

/// `/dev/userfaultfd`: who may open it gets an userfaultfd without having to ask for privileges.
final class UserfaultDevice extends FileWithoutPages {
    private final Node node;
    private final Userfaultfds all;

    UserfaultDevice(Node node, Userfaultfds all) {
        super(node.machine(), Userfaultfds.DEVICE);
        this.node = node;
        this.all = all;
    }

    @Override
    @Models(file = "fs/userfaultfd.c", symbol = "userfaultfd_dev_ioctl")
    public SysResult ioctl(OpenFile file, Descriptors descriptors, long command, long argument) {
        if (command != Uffd.IOC_NEW) {
            return SysResult.err(Errno.EINVAL);
        }
        return all.newUserfaultfd(node, TaskStruct.current(node.machine()).mm().orElseThrow(), descriptors, (int) argument);
    }

    @Override
    public Optional<Errno> fallocate(OpenFile file, int mode, long offset, long lengthBytes) {
        return Optional.of(Errno.ENODEV);
    }

    @Override
    public EnumSet<FileMode> modes() {
        return EnumSet.of(FileMode.NO_MMAP);
    }

    @Override
    public String toString() {
        return Userfaultfds.DEVICE;
    }
}
