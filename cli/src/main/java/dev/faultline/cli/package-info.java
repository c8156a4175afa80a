/// The `faultline` command: arguments, what is printed, exit status, and nothing else. Start at [Main].
@NullMarked
package dev.faultline.cli;

import org.jspecify.annotations.NullMarked;
