package dev.faultline.mutants;

import java.util.function.BooleanSupplier;

/// One test that may notice a mutant.
public interface Trial {
    /// {@return what readers know it by}
    String name();

    /// {@return whether it comes out as it should; also if it was stopped before it had seen that it does not}
    ///
    /// @param stop asked now and then: whether to give up
    boolean passes(BooleanSupplier stop);
}
