package dev.faultline.live.conform;

import java.util.List;
import java.util.Optional;

/// A program that the model and the host answer differently.
///
/// @param index the call among [Program#withLook] of which the answers differ; the number of calls if it is
///              something that the model found wrong, or that stopped the host
/// @param model the model's side
/// @param host  the host's side
/// @param sort  what differences of one cause most likely share
public record Difference(Program program, int index, String model, String host, String sort) {
    private static final int SHOWN = 300;

    static Difference between(Program program, int index, Answer model, Answer host) {
        Call call = program.withLook().get(index);
        String where = index < program.calls().size() ? call.name()
                : call.name().equals(Call.SHOW) && call.number(0) < Program.SCRATCH ? "memory at the end" : "file at the end";
        return new Difference(program, index, brief(model), brief(host), where + ": " + sort(model) + " / " + sort(host));
    }

    static Optional<Difference> of(Program program, List<String> wrong, HostSide.Result host) {
        if (wrong.isEmpty() && host.died().isEmpty()) {
            return Optional.empty();
        }
        String mine = wrong.isEmpty() ? "as it should be" : String.join("; ", wrong);
        String theirs = host.died().orElse("as it should be");
        return Optional.of(new Difference(program, program.withLook().size(), mine, theirs,
                mine.replaceAll("[0-9]+", "N") + " / " + theirs.replaceAll("within [0-9]+", "within N")));
    }

    /// {@return whether a side had not come to its end when its time was over}
    boolean isUnfinished() {
        return Limits.isNoEnd(model) || Limits.isNoEnd(host);
    }

    private static String brief(Answer answer) {
        String text = answer.toString();
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
    }

    private static String sort(Answer answer) {
        return answer.signal() != 0 || answer.errno() != 0 ? answer.toString().replaceAll(", .*", "")
                : !answer.bytes().equals("-") ? "bytes" : answer.value() == 0 ? "0" : "a value";
    }
}
