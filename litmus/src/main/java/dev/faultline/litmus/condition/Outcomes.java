package dev.faultline.litmus.condition;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;

/// Counts how executions end, and judges the condition over them. Not for use by several threads at once.
public final class Outcomes {
    private final List<Observable> observables;
    private final Optional<Condition> condition;
    private final TreeMap<List<Long>, Long> counts = new TreeMap<>(Outcomes::compare);
    private long positive;
    private long negative;

    /// Makes an empty count. `observables` holds everything that `condition` names.
    public Outcomes(List<Observable> observables, Optional<Condition> condition) {
        this.observables = List.copyOf(observables);
        this.condition = condition;
    }

    /// Counts one execution.
    public void add(Valuation valuation) {
        add(observables.stream().map(valuation::value).toList(), 1);
    }

    /// Counts `executions` executions that ended with `values`, which are in the order of the observables.
    public void add(List<Long> values, long executions) {
        counts.merge(values, executions, Long::sum);
        if (condition.isPresent()) {
            boolean holds = condition.get().holdsIn(observable -> values.get(observables.indexOf(observable)));
            positive += holds ? executions : 0;
            negative += holds ? 0 : executions;
        }
    }

    /// {@return the distinct outcomes, ordered by their values}
    public List<Outcome> all() {
        List<Outcome> all = new ArrayList<>();
        counts.forEach((values, executions) -> all.add(new Outcome(values, executions)));
        return List.copyOf(all);
    }

    /// {@return the values of an outcome under their names, printed, in the order of the observables}
    public SequencedMap<String, String> print(Outcome outcome) {
        SequencedMap<String, String> printed = new LinkedHashMap<>();
        for (int i = 0; i < observables.size(); i++) {
            Observable observable = observables.get(i);
            printed.put(observable.name(), observable.print(outcome.values().get(i)));
        }
        return printed;
    }

    /// {@return what the executions so far say of the condition; nothing where there is none}
    public Optional<ConditionResult> result() {
        return condition.map(asked -> asked.judge(positive, negative));
    }

    private static int compare(List<Long> left, List<Long> right) {
        for (int i = 0; i < left.size(); i++) {
            int order = Long.compare(left.get(i), right.get(i));
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }
}
