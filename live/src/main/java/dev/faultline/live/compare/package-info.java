/// What this host did against what the model allows. Start at [Comparison].
@NullMarked
package dev.faultline.live.compare;

import org.jspecify.annotations.NullMarked;
