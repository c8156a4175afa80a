/// What programs and the kernel agree on: error numbers, flags, results of system calls.
@NullMarked
package dev.faultline.kernel.uapi;

import org.jspecify.annotations.NullMarked;
