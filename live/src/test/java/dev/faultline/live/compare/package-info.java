/// Tests of the package.
@NullMarked
package dev.faultline.live.compare;

import org.jspecify.annotations.NullMarked;
