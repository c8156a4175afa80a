/// The machine that a test runs on: what the directives of a file ask for, checked as far as that goes without
/// a kernel. Start at [MachineSpec].
@NullMarked
package dev.faultline.litmus.setup;

import org.jspecify.annotations.NullMarked;
