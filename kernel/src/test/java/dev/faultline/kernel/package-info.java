/// Tests of the model Linux, and what they share.
@NullMarked
package dev.faultline.kernel;

import org.jspecify.annotations.NullMarked;
