/// Kernels of the past. Start at [Kernels]; [Patches] lists what is known to have changed. A patch is the parts
/// that it replaced, each in the form before it and, where it differs from today's, the form with it. The
/// forms are in the packages below, one a subsystem.
@NullMarked
package dev.faultline.history;

import org.jspecify.annotations.NullMarked;
