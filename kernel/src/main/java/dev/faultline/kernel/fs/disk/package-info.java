/// What lies on the disks of the modelled file systems: files as sizes and block lists. Shared by every node
/// that mounts the disk; each file is guarded by whatever its file system guards it with.
@NullMarked
package dev.faultline.kernel.fs.disk;

import org.jspecify.annotations.NullMarked;
