/// Earlier forms of tmpfs.
@NullMarked
package dev.faultline.history.tmpfs;

import org.jspecify.annotations.NullMarked;
