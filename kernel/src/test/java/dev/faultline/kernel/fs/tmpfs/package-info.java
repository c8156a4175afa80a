@NullMarked
package dev.faultline.kernel.fs.tmpfs;

import org.jspecify.annotations.NullMarked;
