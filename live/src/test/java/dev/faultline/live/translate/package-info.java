/// Tests of the package.
@NullMarked
package dev.faultline.live.translate;

import org.jspecify.annotations.NullMarked;
