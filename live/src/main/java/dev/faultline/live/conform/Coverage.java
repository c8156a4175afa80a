package dev.faultline.live.conform;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// Which calls were made, and what came of them on the host.
public final class Coverage {
    private final TreeMap<String, TreeMap<String, Long>> byCall = new TreeMap<>();

    private final TreeMap<String, TreeMap<String, Long>> byFlag = new TreeMap<>();

    /// Counts a program's own calls.
    void add(Program program, List<Answer> answers) {
        for (int i = 0; i < Math.min(program.calls().size(), answers.size()); i++) {
            Answer answer = answers.get(i);
            String outcome = answer.signal() != 0 || answer.errno() != 0
                    ? answer.toString().replaceAll(",.*", "").replaceFirst("^-1 ", "")
                    : "ok";
            byCall.computeIfAbsent(program.calls().get(i).name(), _ -> new TreeMap<>()).merge(outcome, 1L, Long::sum);
            if (outcome.equals("ok")) {
                flags(program.calls().get(i));
            }
        }
    }

    private void flags(Call call) {
        for (int i = 0; i < call.operands().size(); i++) {
            for (String flag : Parameters.has(call.name(), i, call.number(i))) {
                byFlag.computeIfAbsent(call.name(), _ -> new TreeMap<>()).merge(flag, 1L, Long::sum);
            }
        }
    }

    /// {@return for each call with flags how often it went well with each}
    public SortedMap<String, TreeMap<String, Long>> byFlag() {
        return byFlag;
    }

    /// {@return for each call how often it ended in each way: `ok`, or the name of an error or a signal}
    public SortedMap<String, TreeMap<String, Long>> byCall() {
        return byCall;
    }
}
