/// Iterators over the memory that an I/O request transfers (lib/iov_iter.c). Start at [IovIter].
/// Left out so far: kinds other than user memory.
@NullMarked
package dev.faultline.kernel.iov;

import org.jspecify.annotations.NullMarked;
