package dev.faultline.litmus.run;

/// A compiled expression.
interface Code {
    /// Evaluates the expression.
    ///
    /// @return its value in canonical form; anything where it has none
    long run(Frame frame);
}
