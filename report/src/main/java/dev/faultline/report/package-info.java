/// What a check came to, for people and for programs. Start at [TextReport]; a [Recording] is one execution,
/// run again with somebody watching.
@NullMarked
package dev.faultline.report;

import org.jspecify.annotations.NullMarked;
