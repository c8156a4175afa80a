/// Iterators over the memory that an I/O request transfers (lib/iov_iter.c). Start at [IovIter].
/// Left out: pipes as iterators, which are gone by now, and folios of more than a page.
@NullMarked
package dev.faultline.kernel.iov;

import org.jspecify.annotations.NullMarked;
