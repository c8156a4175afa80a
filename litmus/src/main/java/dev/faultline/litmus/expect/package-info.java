/// What a file expects of each kernel: its `expect` lines. Start at [Expectation].
@NullMarked
package dev.faultline.litmus.expect;

import org.jspecify.annotations.NullMarked;
