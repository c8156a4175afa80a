/// The rules of the whole tree that no single module can see. Start at [ArchitectureTest].
@NullMarked
package dev.faultline.architecture;

import org.jspecify.annotations.NullMarked;
