package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.Part;
import dev.faultline.litmus.syntax.Part.Attribute;
import dev.faultline.litmus.syntax.Word;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// Reads the attributes that place threads.
final class Placements {
    private static final List<String> ATTRIBUTES = List.of("process", "node", "cpu");

    private final Surroundings surroundings;
    private final List<String> processes = new ArrayList<>(List.of(""));
    /// The machine of each process.
    private final List<Integer> nodes = new ArrayList<>(List.of(1));

    Placements(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    List<String> processes() {
        return List.copyOf(processes);
    }

    /// {@return where a thread runs; on a machine other than the first it needs a process of its own, and
    /// has one named after the machine where none is given}
    Placement of(Part.Function function) {
        Map<String, Word> values = new HashMap<>();
        function.attributes().forEach(attribute -> read(attribute, values));
        int node = number(values, "node", 1, 16).orElse(1);
        OptionalInt cpu = number(values, "cpu", 0, 63);
        String name = Optional.ofNullable(values.get("process")).map(Word::text)
                .orElse(node == 1 ? "" : "node " + node);
        int process = processes.indexOf(name);
        if (process < 0) {
            process = processes.size();
            processes.add(name);
            nodes.add(node);
        } else if (nodes.get(process) != node) {
            surroundings.diagnostics().report(function.name().span(),
                    "process '" + name + "' would run on machines " + nodes.get(process) + " and " + node,
                    "one machine for all threads of a process");
        }
        return new Placement(process, node, cpu);
    }

    private void read(Attribute attribute, Map<String, Word> values) {
        Word name = attribute.name();
        if (!ATTRIBUTES.contains(name.text())) {
            surroundings.diagnostics().reportUnknown(name, "'" + name + "' is not an attribute",
                    "process(NAME), node(N) or cpu(N)", ATTRIBUTES);
        } else if (attribute.value().isEmpty()) {
            surroundings.diagnostics().report(name.span(), "'" + name + "' has no value",
                    name + (name.text().equals("process") ? "(NAME)" : "(N)"));
        } else if (values.containsKey(name.text())) {
            surroundings.diagnostics().report(name.span(), "'" + name + "' is given twice", "one of it");
        } else {
            requireModelled(name);
            values.put(name.text(), attribute.value().get());
        }
    }

    private void requireModelled(Word name) {
        Feature feature = switch (name.text()) {
            case "process" -> Feature.PROCESS;
            case "node" -> Feature.NODE;
            default -> Feature.CPU;
        };
        if (!surroundings.modelled().features().contains(feature)) {
            surroundings.diagnostics().report(name.span(), feature.words() + " is not modelled yet",
                    "a thread without it");
        }
    }

    private OptionalInt number(Map<String, Word> values, String attribute, int least, int most) {
        if (!values.containsKey(attribute)) {
            return OptionalInt.empty();
        }
        Word value = values.get(attribute);
        if (value.text().matches("0|[1-9][0-9]?")) {
            int number = Integer.parseInt(value.text());
            if (number >= least && number <= most) {
                return OptionalInt.of(number);
            }
        }
        surroundings.diagnostics().report(value.span(), "'" + value + "' is no " + attribute,
                "a number from " + least + " to " + most);
        return OptionalInt.empty();
    }
}
