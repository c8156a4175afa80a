/// Linux v6.18 as an executable model: the part where page faults meet file I/O. A package a subsystem.
module dev.faultline.kernel {
    requires transitive dev.faultline.machine;
    requires transitive static org.jspecify;

    exports dev.faultline.kernel.uapi;
    exports dev.faultline.kernel.lib;
    exports dev.faultline.kernel.arch;
    exports dev.faultline.kernel.swap;
    exports dev.faultline.kernel.mm;
    exports dev.faultline.kernel.iov;
    exports dev.faultline.kernel.block;
    exports dev.faultline.kernel.pagecache;
    exports dev.faultline.kernel.daemon;
    exports dev.faultline.kernel.fs;
    exports dev.faultline.kernel.fs.chardev;
    exports dev.faultline.kernel.iomap;
    exports dev.faultline.kernel.fs.disk;
    exports dev.faultline.kernel.fs.btrfs;
    exports dev.faultline.kernel.fs.proc;
    exports dev.faultline.kernel.fs.ext4;
    exports dev.faultline.kernel.fs.f2fs;
    exports dev.faultline.kernel.fs.ntfs3;
    exports dev.faultline.kernel.fs.fuse;
    exports dev.faultline.kernel.fs.gfs2;
    exports dev.faultline.kernel.fs.hugetlbfs;
    exports dev.faultline.kernel.fs.ramfs;
    exports dev.faultline.kernel.fs.tmpfs;
    exports dev.faultline.kernel.fs.xfs;
    exports dev.faultline.kernel.fs.zonefs;
    exports dev.faultline.kernel.kvm;
    exports dev.faultline.kernel.signal;
    exports dev.faultline.kernel.syscall;
    exports dev.faultline.kernel.uffd;
}
