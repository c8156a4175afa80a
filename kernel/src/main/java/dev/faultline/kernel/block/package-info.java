/// Block devices: blocks of one page each, read and written a block at a time (block/). Left out so far:
/// the volatile cache, failures, requests that complete later than they are submitted.
@NullMarked
package dev.faultline.kernel.block;

import org.jspecify.annotations.NullMarked;
