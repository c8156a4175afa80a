package dev.faultline.litmus.syntax;

/// The condition of a file as written. `text` is its own text, with blanks folded to one.
public record ConditionSyntax(Quantifier quantifier, Proposition proposition, String text, Span span) {

    /// Over which executions a condition speaks.
    public enum Quantifier {
        /// Some execution is so.
        EXISTS("exists"),
        /// No execution is so.
        NOT_EXISTS("~exists"),
        /// Every execution is so.
        FORALL("forall");

        private final String word;

        Quantifier(String word) {
            this.word = word;
        }

        /// {@return the quantifier as the language writes it}
        public String word() {
            return word;
        }
    }
}
