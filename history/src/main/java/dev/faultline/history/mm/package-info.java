/// Old forms of memory management and of the calls on it.
@NullMarked
package dev.faultline.history.mm;

import org.jspecify.annotations.NullMarked;
