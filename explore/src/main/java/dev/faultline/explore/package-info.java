/// Explores the executions of a program and says what was found. Start at [Explorer]. Knows no kernel.
@NullMarked
package dev.faultline.explore;

import org.jspecify.annotations.NullMarked;
