/// Old forms of page faults that a program serves itself.
@NullMarked
package dev.faultline.history.uffd;

import org.jspecify.annotations.NullMarked;
