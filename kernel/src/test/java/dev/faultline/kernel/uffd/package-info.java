/// Tests of page faults that a program serves itself.
@NullMarked
package dev.faultline.kernel.uffd;

import org.jspecify.annotations.NullMarked;
