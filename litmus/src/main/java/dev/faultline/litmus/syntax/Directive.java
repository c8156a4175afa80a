package dev.faultline.litmus.syntax;

import java.util.List;

/// A line of the machine description: `KEYWORD ARGUMENT … ;`
///
/// @param end the place of its `;`, where a missing argument would stand
public record Directive(Word keyword, List<Argument> arguments, Span end, Span span) {

    /// One argument.
    public sealed interface Argument {
        /// {@return where it stands}
        Span span();

        /// {@return the argument as written}
        String text();

        /// A path, a number or a name.
        record Plain(Word word) implements Argument {
            @Override
            public Span span() {
                return word.span();
            }

            @Override
            public String text() {
                return word.text();
            }
        }

        /// `NAME=VALUE`.
        record Setting(Word name, Word value) implements Argument {
            @Override
            public Span span() {
                return name.span().to(value.span());
            }

            @Override
            public String text() {
                return name + "=" + value;
            }
        }

        /// A byte, written as a character constant.
        record Fill(int value, Word word) implements Argument {
            @Override
            public Span span() {
                return word.span();
            }

            @Override
            public String text() {
                return word.text();
            }
        }
    }
}
