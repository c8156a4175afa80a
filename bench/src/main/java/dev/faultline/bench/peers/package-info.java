/// The benchmark set side by side: ours and every peer that is there, each in its own processes. Start at [SideBySide].
@NullMarked
package dev.faultline.bench.peers;

import org.jspecify.annotations.NullMarked;
