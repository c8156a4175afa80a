@NullMarked
package dev.faultline.live.host;

import org.jspecify.annotations.NullMarked;
