/// From a file to a test that can be run. Start at [LitmusLoader].
@NullMarked
package dev.faultline.litmus.load;

import org.jspecify.annotations.NullMarked;
