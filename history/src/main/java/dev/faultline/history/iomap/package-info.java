/// Old forms of file I/O over extents.
@NullMarked
package dev.faultline.history.iomap;

import org.jspecify.annotations.NullMarked;
