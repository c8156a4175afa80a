/// Schedules as values, and programs to run under them.
@NullMarked
package dev.faultline.machine.schedule;

import org.jspecify.annotations.NullMarked;
