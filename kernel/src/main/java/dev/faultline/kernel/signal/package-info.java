/// Frames that the kernel keeps in the memory of programs over a signal, as far as they can fault: arch/x86/kernel/fpu/signal.c
/// and arch/powerpc/kernel/signal_64.c. No lock is held; docs/model/callers.md says what is left out.
@NullMarked
package dev.faultline.kernel.signal;

import org.jspecify.annotations.NullMarked;
