/// What differs by architecture (arch/*): which bits of an address the translation looks at, and what the processor
/// checks below the size of a page.
@NullMarked
package dev.faultline.kernel.arch;

import org.jspecify.annotations.NullMarked;
