/// Files of /proc: only the memory of the process that opens it (fs/proc/base.c). Start at [ProcMem].
@NullMarked
package dev.faultline.kernel.fs.proc;

import org.jspecify.annotations.NullMarked;
