/// What this host's Linux offers to tests: file systems to mount, folders to work in. Start at [Host].
@NullMarked
package dev.faultline.live.host;

import org.jspecify.annotations.NullMarked;
