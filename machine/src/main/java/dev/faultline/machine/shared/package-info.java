/// Shared objects: what tasks touch one step at a time. Each method that takes a step says so; one that
/// blocks is a step that is not enabled yet, never a loop.
///
/// Lock classes are the `what` of the locks: all locks with the same word are one class.
@NullMarked
package dev.faultline.machine.shared;

import org.jspecify.annotations.NullMarked;
