/// From a litmus test to one C program that stands by itself. Start at [Translator].
///
/// The bodies are written from the typed program, so that the C does what the model's interpreter does: every
/// access to memory is one access of a volatile object, and operands are evaluated from left to right. What
/// surrounds them, which runs rounds and counts outcomes, is the resource `program.c`.
@NullMarked
package dev.faultline.live.translate;

import org.jspecify.annotations.NullMarked;
