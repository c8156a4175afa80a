package dev.faultline.litmus.condition;

import dev.faultline.litmus.syntax.BinaryOperator;
import dev.faultline.litmus.types.Arithmetic;
import dev.faultline.litmus.types.CType;

/// A proposition about one execution, with its names resolved.
public sealed interface Formula {
    /// {@return whether it is so in the execution that `valuation` tells of}
    boolean holdsIn(Valuation valuation);

    /// Always so.
    record Always() implements Formula {
        @Override
        public boolean holdsIn(Valuation valuation) {
            return true;
        }
    }

    /// So where `operand` is not.
    record Not(Formula operand) implements Formula {
        @Override
        public boolean holdsIn(Valuation valuation) {
            return !operand.holdsIn(valuation);
        }
    }

    /// So where both are.
    record And(Formula left, Formula right) implements Formula {
        @Override
        public boolean holdsIn(Valuation valuation) {
            return left.holdsIn(valuation) && right.holdsIn(valuation);
        }
    }

    /// So where one is.
    record Or(Formula left, Formula right) implements Formula {
        @Override
        public boolean holdsIn(Valuation valuation) {
            return left.holdsIn(valuation) || right.holdsIn(valuation);
        }
    }

    /// Two values compared as C compares them, after conversion to `type`.
    record Comparison(BinaryOperator operator, CType type, Side left, Side right) implements Formula {
        @Override
        public boolean holdsIn(Valuation valuation) {
            return Arithmetic.binary(operator, type, Arithmetic.convert(type, left.value(valuation)),
                    Arithmetic.convert(type, right.value(valuation))) != 0;
        }
    }

    /// One side of a comparison.
    sealed interface Side {
        /// {@return its type}
        CType type();

        /// {@return its value in one execution}
        long value(Valuation valuation);

        /// A constant.
        record Fixed(CType type, long value) implements Side {
            @Override
            public long value(Valuation valuation) {
                return value;
            }
        }

        /// An observable.
        record Observed(Observable observable) implements Side {
            @Override
            public CType type() {
                return observable.type();
            }

            @Override
            public long value(Valuation valuation) {
                return valuation.value(observable);
            }
        }
    }
}
