package dev.faultline.mutants;

/// A place at which something can be left out.
///
/// @param id     its number, as the woven code says it
/// @param sort   what is left out
/// @param key    names it, also after other code has changed: the class, the method, what is left out, and which of several
/// @param line   where it is in the source, for readers
record Site(int id, Sort sort, String key, int line) {
    /// What is left out.
    enum Sort {
        /// A lock is not taken, and not given up where it would have been.
        LOCK("locks"),
        /// A reference is not taken, or not given up.
        REFERENCE("references"),
        /// A check always comes out as it does most often.
        CHECK("checks"),
        /// Something else that is done to what others see.
        EFFECT("other effects");

        private final String words;

        Sort(String words) {
            this.words = words;
        }

        /// {@return it, for readers}
        String words() {
            return words;
        }
    }
}
