package dev.faultline.kernel.fs.tmpfs;

import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.Thp;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.machine.task.Finding;
import java.util.ArrayList;
import java.util.List;

/// The kernel's own tmpfs (`shm_mnt`), on which nothing has a name: memory that is shared and anonymous. Without a limit.
public final class ShmMount {
    private final Node node;
    private final List<ShmemInode> inodes = new ArrayList<>();

    /// The mount of a node.
    public ShmMount(Node node) {
        this.node = node;
    }

    /// {@return what backs a mapping that is shared and anonymous: an open file of `lengthBytes` zeroes}
    @Models(file = "mm/shmem.c", symbol = "shmem_zero_setup")
    public OpenFile zeroSetup(long lengthBytes) {
        return new OpenFile(node.machine(), fileSetup("dev/zero", lengthBytes), Fcntl.O_RDWR);
    }

    /// {@return an open, empty file that may be sealed}
    ///
    /// @param seals what it is sealed against from the start
    public OpenFile memfd(String name, int seals) {
        ShmemInode inode = fileSetup("memfd:" + name, 0);
        if ((seals & Fcntl.F_SEAL_SEAL) == 0) {
            inode.seals().allow(seals);
        }
        return new OpenFile(node.machine(), inode, Fcntl.O_RDWR);
    }

    @Models(file = "mm/shmem.c", symbol = "__shmem_file_setup")
    private ShmemInode fileSetup(String name, long sizeBytes) {
        BlockLimit none = new BlockLimit(node.machine(), "shm_mnt", BlockLimit.NONE);
        ShmemInode inode = new ShmemInode(node, name, none, new ShmemHuge(node.machine(), "shm_mnt", TmpfsHuge.NEVER,
                node.parts().get(Thp.PART, () -> Thp.NEVER)));
        inode.mapping().iSize().poke(sizeBytes);
        inodes.add(inode);
        return inode;
    }

    /// {@return what is wrong with the files when all is quiet}
    public List<Finding> checkQuiescent() {
        return inodes.stream().flatMap(inode -> inode.checkQuiescent().stream()).toList();
    }
}
