package dev.faultline.live.conform;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Both sides of one program, held against each other.
///
/// @param difference the first that no rule explains
/// @param explained  the rules that explained one before it
/// @param compared   how many calls were compared
public record Comparison(Optional<Difference> difference, List<String> explained, int compared) {
    /// Compares what a program came to.
    public static Comparison of(Program program, ModelSide.Result model, HostSide.Result host, List<Rule> rules) {
        List<String> explained = new ArrayList<>();
        List<Call> calls = program.withLook();
        for (int i = 0; i < calls.size(); i++) {
            if (i >= model.answers().size() || i >= host.answers().size()) {
                break;
            }
            Answer expected = model.answers().get(i);
            Answer got = host.answers().get(i);
            if (!expected.equals(got)) {
                Case differing = new Case(program, i, model.answers(), got);
                Optional<Rule> known = rules.stream().filter(rule -> rule.knows().test(differing)).findFirst();
                known.ifPresent(rule -> explained.add(rule.name()));
                if (known.isEmpty()) {
                    return new Comparison(Optional.of(Difference.between(program, i, expected, got)), explained, i + 1);
                }
                if (known.get().effect() == Rule.Effect.STOP) {
                    List<String> hangs = model.wrong().stream().filter(Limits::isNoEnd).toList();
                    return new Comparison(Difference.of(program, hangs, host), explained, i + 1);
                }
            }
        }
        int compared = Math.min(model.answers().size(), host.answers().size());
        List<String> wrong = new ArrayList<>(model.wrong());
        Case atTheEnd = new Case(program, calls.size(), model.answers(), Answer.value(0));
        for (Rule rule : rules) {
            if (wrong.removeIf(found -> rule.excuses().test(atTheEnd, found))) {
                explained.add(rule.name());
            }
        }
        return new Comparison(Difference.of(program, wrong, host), explained, compared);
    }
}
