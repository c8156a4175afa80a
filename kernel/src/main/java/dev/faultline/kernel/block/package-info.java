/// Block devices: blocks of one page each, read and written a block at a time (block/). A transfer that
/// nobody waits for is a task. Left out so far: the volatile cache, failures.
@NullMarked
package dev.faultline.kernel.block;

import org.jspecify.annotations.NullMarked;
