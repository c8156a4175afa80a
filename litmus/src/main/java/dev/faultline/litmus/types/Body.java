package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.Span;
import java.util.List;

/// The body of `init`, of a thread, or of `final`.
///
/// @param name `init`, `P0`, `P1`, ... or `final`
/// @param locals every local of the body in the order declared, inner blocks included
/// @param registers how many registers its code uses, those of [Local]s and temporary ones
/// @param stackBytes the size of its stack frame, a multiple of `stackAlignment`
/// @param stackAlignment what the lowest address of the frame must be a multiple of: 16, or 4096
public record Body(
        String name, Placement placement, List<Local> locals, int registers, long stackBytes, long stackAlignment,
        TypedStatement.Block code, Span span) {}
