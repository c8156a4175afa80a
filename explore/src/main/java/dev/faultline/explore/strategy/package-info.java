/// What runs next: one class a strategy. Start at [Strategy], then [Dpor].
@NullMarked
package dev.faultline.explore.strategy;

import org.jspecify.annotations.NullMarked;
