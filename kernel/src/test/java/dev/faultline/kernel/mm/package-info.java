/// Tests of memory management.
@NullMarked
package dev.faultline.kernel.mm;

import org.jspecify.annotations.NullMarked;
