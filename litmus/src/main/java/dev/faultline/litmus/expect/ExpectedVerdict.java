package dev.faultline.litmus.expect;

import java.util.List;
import java.util.stream.Collectors;

/// The verdict that an `expect` line names. Its text is the canonical one.
public sealed interface ExpectedVerdict {

    /// Every execution was covered, nothing was violated, and the condition is as asked.
    record Holds() implements ExpectedVerdict {
        @Override
        public String toString() {
            return "holds";
        }
    }

    /// A budget ran out first.
    record Incomplete() implements ExpectedVerdict {
        @Override
        public String toString() {
            return "incomplete";
        }
    }

    /// Only the asked condition fails.
    record ConditionFails() implements ExpectedVerdict {
        @Override
        public String toString() {
            return "condition";
        }
    }

    /// These kinds occur and no other; in the order of [ViolationKind], without repetition, never empty.
    record Violations(List<ViolationKind> kinds) implements ExpectedVerdict {
        /// Puts the kinds in order.
        public Violations {
            kinds = kinds.stream().distinct().sorted().toList();
            if (kinds.isEmpty()) {
                throw new IllegalArgumentException("a violation of nothing");
            }
        }

        @Override
        public String toString() {
            return kinds.stream().map(ViolationKind::word).collect(Collectors.joining(", "));
        }
    }
}
