/// Programs on both sides, as far as this host lets them.
@NullMarked
package dev.faultline.live.conform;

import org.jspecify.annotations.NullMarked;
