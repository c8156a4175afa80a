/// The language: what a litmus file says, before anybody asks what it means. Start at [FileParser].
///
/// A [SourceFile] becomes a [ParsedFile], whose every node knows its [Span]; what is wrong becomes a
/// [Diagnostic]. Nothing here knows C's types, the machine or the kernel.
@NullMarked
package dev.faultline.litmus.syntax;

import org.jspecify.annotations.NullMarked;
