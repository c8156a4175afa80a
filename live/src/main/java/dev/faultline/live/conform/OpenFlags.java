package dev.faultline.live.conform;

import java.util.List;
import java.util.TreeMap;

/// The flags with which the descriptors of a program were opened.
final class OpenFlags {
    private OpenFlags() {}

    /// {@return whether the descriptor that call `index` is given was opened with `flag`}
    ///
    /// @param answers of the calls before it, at least
    static boolean has(Program program, int index, List<Answer> answers, int flag) {
        TreeMap<Integer, Long> open = new TreeMap<>();
        for (int i = 0; i < index; i++) {
            Call call = program.calls().get(i);
            Answer answer = answers.get(i);
            if (answer.errno() == 0) {
                switch (call.name()) {
                    case "open" -> open.put((int) answer.value(), call.number(1));
                    case "dup" -> open.put((int) answer.value(), open.getOrDefault((int) call.number(0), 0L));
                    case "close" -> open.remove((int) call.number(0));
                    default -> { }
                }
            }
        }
        return (open.getOrDefault((int) program.calls().get(index).number(0), 0L) & flag) != 0;
    }
}
