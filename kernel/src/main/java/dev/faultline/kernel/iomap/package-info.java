/// File I/O over extents (fs/iomap). Start at [DirectIo] and [BufferedIo]; a file system says where its
/// blocks are through [IomapOps]. Both take whatever locks the caller's file system wants outside of them.
///
/// Left out so far: delayed allocation, inline data.
@NullMarked
package dev.faultline.kernel.iomap;

import org.jspecify.annotations.NullMarked;
