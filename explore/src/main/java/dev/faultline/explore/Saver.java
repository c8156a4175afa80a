package dev.faultline.explore;

/// Keeps an exploration from time to time, so that little is lost if it is killed.
public interface Saver {
    /// Keeps nothing.
    Saver NONE = new Saver() {
        @Override
        public boolean isDue() {
            return false;
        }

        @Override
        public String program() {
            return "";
        }

        @Override
        public void save(Checkpoint checkpoint) {}
    };

    /// {@return whether it is time; asked often}
    boolean isDue();

    /// {@return the program, as [Checkpoint#program] names it}
    String program();

    /// Keeps what is done and what is left. Called when [#isDue] says so, and when the exploration ends before its
    /// end.
    void save(Checkpoint checkpoint);
}
