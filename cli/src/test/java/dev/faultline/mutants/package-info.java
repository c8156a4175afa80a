/// What notices if something is left out of the kernel: each lock, check, reference and other call of a [Group] of
/// packages is left out, one at a time, and the tests that come by run against what remains. Start at [MutantsTest]. All mutants are woven into one copy of the classes, in memory, and switched on one after the other.
@NullMarked
package dev.faultline.mutants;

import org.jspecify.annotations.NullMarked;
