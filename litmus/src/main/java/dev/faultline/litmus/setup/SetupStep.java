package dev.faultline.litmus.setup;

import dev.faultline.litmus.syntax.Span;

/// Something that is on the machine before `init`, in the order of the file.
public sealed interface SetupStep {
    /// {@return where it is put}
    String path();

    /// {@return the directive that asks for it}
    Span span();

    /// A mounted file system; its mount point and the folders above it are made as needed.
    record Mount(FileSystemType type, String path, MountOptions options, Span span) implements SetupStep {}

    /// A regular file of `sizeBytes`, clean and not cached.
    record RegularFile(String path, long sizeBytes, Content content, Span span) implements SetupStep {}

    /// A folder.
    record Directory(String path, Span span) implements SetupStep {}

    /// A symbolic link.
    record Symlink(String path, String target, Span span) implements SetupStep {}

    /// A character device.
    record Device(String path, DeviceType type, Span span) implements SetupStep {}

    /// A block device over a file.
    record Loop(String path, String file, Span span) implements SetupStep {}

    /// What is in a regular file.
    sealed interface Content {
        /// Blocks filled with one byte, 0 to 255.
        record Filled(int value) implements Content {}

        /// No block at all: it reads as zeroes.
        record Hole() implements Content {}
    }

    /// The kinds of character device.
    enum DeviceType {
        /// A mapping of it is `VM_PFNMAP`.
        PFNMAP,
        /// A mapping of it is `VM_IO`.
        IO,
        /// Its mappings have present entries that are special but have a page.
        SPECIAL,
        /// Takes long-term pins.
        RDMA,
        /// Takes transient pins and transfers.
        DMA
    }
}
