/// What the C of a file means: C's types, the structs, constants and calls of the public headers, and the
/// program with every name resolved and every conversion written out. Start at [Program] for the result and
/// at [ProgramChecker] for how it comes about.
///
/// The tables are those of Linux on x86-64: [Constants], [Structs], [Calls]. Left out of C: floating point,
/// enums and unions of one's own, pointers to functions, arrays of arrays, goto and switch.
@NullMarked
package dev.faultline.litmus.types;

import org.jspecify.annotations.NullMarked;
