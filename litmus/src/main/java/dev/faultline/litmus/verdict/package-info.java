/// Checks a test on a kernel and says what came out. Start at [Check].
@NullMarked
package dev.faultline.litmus.verdict;

import org.jspecify.annotations.NullMarked;
