/// What every part of the kernel stands on: bytes, the seams at which parts are replaced, and the mark of
/// a modelled function.
@NullMarked
package dev.faultline.kernel.lib;

import org.jspecify.annotations.NullMarked;
