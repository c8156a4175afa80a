/// Measurements, run by hand. Start at [ExplorerBench].
@NullMarked
package dev.faultline.bench;

import org.jspecify.annotations.NullMarked;
