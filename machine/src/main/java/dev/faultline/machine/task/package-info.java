/// Tasks and their steps. Start at [Machine]: one world in which tasks run, one step at a time, in
/// the order that a [Scheduler] asks for.
///
/// A task announces its next access before it takes it, so every task always has one known pending
/// step: enabledness, sleep sets and races need nothing else. Code between two steps is atomic and
/// touches only the task's own state, or state that a lock of the model protects ([StateObject]).
/// Left out: weak memory. Every step sees all earlier ones (sequential consistency).
@NullMarked
package dev.faultline.machine.task;

import org.jspecify.annotations.NullMarked;
