/// btrfs as it was.
@NullMarked
package dev.faultline.history.btrfs;

import org.jspecify.annotations.NullMarked;
