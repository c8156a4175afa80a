/// Compiles C programs made of tests, runs them, and reads what they print. Start at [Runner].
@NullMarked
package dev.faultline.live.run;

import org.jspecify.annotations.NullMarked;
