/// Random sequential programs on the model and on the host's Linux, and every answer of the one held against the
/// other's. Start at [Conform]: a [Generator] makes a [Program], [ModelSide] and [HostSide] run it, [Comparison]
/// says where they differ and whether one of the known abstractions explains it ([Rule]), [Minimiser] makes what
/// differs small, [LitmusText] writes it down.
///
/// Left out so far: several threads, several processes.
@NullMarked
package dev.faultline.live.conform;

import org.jspecify.annotations.NullMarked;
