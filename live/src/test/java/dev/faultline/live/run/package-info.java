/// Tests of the package.
@NullMarked
package dev.faultline.live.run;

import org.jspecify.annotations.NullMarked;
