package dev.faultline.litmus.types;

/// What a file may ask of a machine beyond its calls and file systems; a model may lack some of it.
public enum Feature {
    NODES("mount option 'nodes'"),
    SECTOR("mount option 'sector'"),
    DAX("mount option 'dax'"),
    LOWER("mount option 'lower'"),
    SIZE("mount option 'size'"),
    HUGE("mount option 'huge'"),
    NODATASUM("mount option 'nodatasum'"),
    HOLE("a file with a hole"),
    DIRECTORY("directive 'dir'"),
    SYMLINK("directive 'symlink'"),
    DEVICE_PFNMAP("device type 'pfnmap'"),
    DEVICE_IO("device type 'io'"),
    DEVICE_SPECIAL("device type 'special'"),
    DEVICE_RDMA("device type 'rdma'"),
    DEVICE_DMA("device type 'dma'"),
    LOOP("directive 'loop'"),
    MEMORY("directive 'memory'"),
    SWAP("directive 'swap'"),
    THP("directive 'thp'"),
    HUGETLB("directive 'hugetlb'"),
    ARM64("architecture 'arm64'"),
    ARM64_MTE("architecture 'arm64 mte'"),
    SPARC64_ADI("architecture 'sparc64 adi'"),
    MORELLO("architecture 'morello'"),
    CPUS("directive 'cpus'"),
    RECLAIM("adversary 'reclaim'"),
    WRITEBACK("adversary 'writeback'"),
    MIGRATE("adversary 'migrate'"),
    KHUGEPAGED("adversary 'khugepaged'"),
    FAIL_ALLOC("directive 'fail alloc'"),
    FAIL_IO("directive 'fail io'"),
    PROCESS("attribute 'process'"),
    NODE("attribute 'node'"),
    CPU("attribute 'cpu'");

    private final String words;

    Feature(String words) {
        this.words = words;
    }

    /// {@return the feature as messages name it}
    public String words() {
        return words;
    }
}
