/// The system calls as programs see them: arguments, errno, signals. Start at [SystemCalls]; a [Kernel] is
/// the machines of a test with what is mounted on them, a [Process] what a program runs in.
@NullMarked
package dev.faultline.kernel.syscall;

import org.jspecify.annotations.NullMarked;
