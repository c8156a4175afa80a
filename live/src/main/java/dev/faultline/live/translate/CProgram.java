package dev.faultline.live.translate;

import dev.faultline.litmus.condition.Observable;
import java.util.List;

/// A C program that runs a test in many rounds and prints each outcome with how often it was seen.
///
/// @param text        the source
/// @param observables what the numbers of an outcome are, in their order
public record CProgram(String text, List<Observable> observables) {
    /// How it is compiled: volatile accesses keep their order, and signed overflow wraps as it does in the model.
    public static final List<String> FLAGS = List.of("-std=gnu11", "-O1", "-fwrapv", "-pthread");

    /// Copies the list.
    public CProgram {
        observables = List.copyOf(observables);
    }
}
