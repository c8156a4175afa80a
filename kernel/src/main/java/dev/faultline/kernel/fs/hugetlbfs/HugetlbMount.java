package dev.faultline.kernel.fs.hugetlbfs;

import dev.faultline.kernel.fs.Node;
import dev.faultline.kernel.fs.OpenFile;
import dev.faultline.kernel.lib.Models;
import dev.faultline.kernel.mm.HugetlbPages;
import dev.faultline.kernel.uapi.Fcntl;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Kind;
import java.util.ArrayList;
import java.util.List;

/// The kernel's own hugetlbfs (`hugetlbfs_vfsmount`), on which nothing has a name, and the machine's pool.
public final class HugetlbMount {
    private final Node node;
    private final HugetlbPool pool;
    private final List<HugetlbInode> inodes = new ArrayList<>();

    /// The mount of a node.
    public HugetlbMount(Node node) {
        this.node = node;
        this.pool = new HugetlbPool(node, node.parts().get(HugetlbPages.PART, () -> HugetlbPages.NONE).count());
    }

    /// {@return an open, empty file}
    public OpenFile memfd(String name) {
        return new OpenFile(node.machine(), fileSetup("memfd:" + name), Fcntl.O_RDWR, "hugetlbfs");
    }

    /// {@return what backs a mapping that has no file: an open file of `lengthBytes`, which nobody closes}
    public OpenFile anonymous(long lengthBytes) {
        HugetlbInode inode = fileSetup("anon_hugepage");
        inode.mapping().iSize().poke(lengthBytes);
        inode.neverOpen();
        return new OpenFile(node.machine(), inode, Fcntl.O_RDWR, "hugetlbfs");
    }

    @Models(file = "fs/hugetlbfs/inode.c", symbol = "hugetlb_file_setup")
    private HugetlbInode fileSetup(String name) {
        HugetlbInode inode = new HugetlbInode(node, pool, name);
        inodes.add(inode);
        return inode;
    }

    /// {@return what is wrong with the files and the pool when all is quiet} Takes out what files have that are open still.
    public List<Finding> checkQuiescent() {
        inodes.forEach(HugetlbInode::closed);
        return pool.leak().map(leak -> new Finding(Kind.LEAK, leak)).stream().toList();
    }
}
