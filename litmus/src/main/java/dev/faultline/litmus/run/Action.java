package dev.faultline.litmus.run;

/// A compiled statement.
interface Action {
    /// How a statement went.
    enum Flow { NEXT, BREAK, CONTINUE, RETURN }

    /// Runs the statement.
    ///
    /// @return where to go on
    Flow run(Frame frame);
}
