package dev.faultline.live.conform;

import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/// The flags with which the descriptors of a program were opened.
final class OpenFlags {
    private OpenFlags() {}

    /// {@return whether the descriptor that call `index` is given was opened with `flag`}
    ///
    /// @param operand which of its operands is the descriptor
    /// @param answers of the calls before it, at least
    static boolean has(Program program, int index, int operand, List<Answer> answers, int flag) {
        TreeMap<Integer, Long> open = new TreeMap<>();
        Optional<TreeMap<Integer, Long>> ofParent = Optional.empty();
        for (int i = 0; i < index; i++) {
            Call call = program.calls().get(i);
            Answer answer = answers.get(i);
            if (answer.errno() == 0) {
                switch (call.name()) {
                    case "open" -> open.put((int) answer.value(), call.number(1));
                    case "dup" -> open.put((int) answer.value(), open.getOrDefault((int) call.number(0), 0L));
                    case "close" -> open.remove((int) call.number(0));
                    case Call.FORK -> ofParent = ofParent.or(copyOf(open));
                    case Call.EXIT -> {
                        open = ofParent.orElse(open);
                        ofParent = Optional.empty();
                    }
                    default -> { }
                }
            }
        }
        return (open.getOrDefault((int) program.calls().get(index).number(operand), 0L) & flag) != 0;
    }

    private static Supplier<Optional<TreeMap<Integer, Long>>> copyOf(TreeMap<Integer, Long> open) {
        return () -> Optional.of(new TreeMap<>(open));
    }
}
