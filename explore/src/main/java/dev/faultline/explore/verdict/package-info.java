/// What an execution that has ended shows: one class a judge. Start at [Judge]. What all of them together show of the
/// orders of locks: [LockOrders] collects, [Inversion] judges.
@NullMarked
package dev.faultline.explore.verdict;

import org.jspecify.annotations.NullMarked;
