/// What an execution that has ended shows: one class a judge. Start at [Judge].
@NullMarked
package dev.faultline.explore.verdict;

import org.jspecify.annotations.NullMarked;
