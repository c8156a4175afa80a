/// fuse as it was.
@NullMarked
package dev.faultline.history.fuse;

import org.jspecify.annotations.NullMarked;
