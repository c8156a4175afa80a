/// Kernel threads that act on their own: what may happen to memory at any point, whatever programs do. Start at `Daemons`.
@NullMarked
package dev.faultline.kernel.daemon;

import org.jspecify.annotations.NullMarked;
