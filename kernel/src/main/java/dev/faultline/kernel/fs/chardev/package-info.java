/// Character devices of test machines: drivers that map their own memory into processes.
@NullMarked
package dev.faultline.kernel.fs.chardev;

import org.jspecify.annotations.NullMarked;
