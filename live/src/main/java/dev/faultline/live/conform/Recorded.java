package dev.faultline.live.conform;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A program and what a Linux answered to it, which can be kept as text: the model is held against it where there is no
/// Linux to ask.
///
/// As text it is the line `program`, a line a file that it finds, a line a call with its answer behind ` = `, and the answers
/// of the closing look, those that are alike together.
///
/// @param answers one a call of [Program#withLook]
public record Recorded(Program program, List<Answer> answers) {
    static final String BEGIN = "program";
    private static final String FILE = "file ";
    private static final String ANSWERS = " = ";
    private static final String TIMES = "* ";

    /// An own list, of the right length.
    public Recorded {
        answers = List.copyOf(answers);
        if (answers.size() != program.withLook().size()) {
            throw new IllegalArgumentException(answers.size() + " answers to " + program.withLook().size() + " calls");
        }
    }

    /// {@return a program with its answers if both sides gave the same ones, and the model found nothing wrong}
    public static Optional<Recorded> agreed(Program program, ModelSide.Result model, HostSide.Result host) {
        return model.wrong().isEmpty() && host.died().isEmpty() && model.answers().equals(host.answers())
                ? Optional.of(new Recorded(program, host.answers())) : Optional.empty();
    }

    /// {@return the first answer that the model gives otherwise, or what it finds wrong}
    public Optional<Difference> differenceTo(ModelSide model, BooleanSupplier stop) {
        return Comparison.of(program, model.runHere(program, stop), new HostSide.Result(answers, Optional.empty()), List.of())
                .difference();
    }

    /// {@return the lines for it}
    public List<String> lines() {
        List<String> lines = new ArrayList<>(List.of(BEGIN));
        program.files().forEach(file -> lines.add(FILE + file.name() + " " + file.sizeBytes() + " " + file.fill()));
        for (int i = 0; i < program.calls().size(); i++) {
            Call call = program.calls().get(i);
            lines.add(Stream.concat(Stream.of(call.name()), call.operands().stream().map(Recorded::text))
                    .collect(Collectors.joining(" ")) + ANSWERS + text(answers.get(i)));
        }
        look(answers.subList(program.calls().size(), answers.size()), lines);
        return lines;
    }

    private static void look(List<Answer> answers, List<String> lines) {
        for (int i = 0; i < answers.size();) {
            int start = i;
            while (i < answers.size() && answers.get(i).equals(answers.get(start))) {
                i++;
            }
            lines.add((i - start) + TIMES + text(answers.get(start)));
        }
    }

    private static String text(Answer answer) {
        return answer.value() + " " + answer.errno() + " " + answer.signal() + " " + answer.bytes();
    }

    private static String text(Operand operand) {
        return switch (operand) {
            case Operand.Number(long value) -> Long.toString(value);
            case Operand.Self _ -> "s";
            case Operand.Path(String name) -> "p" + name;
            case Operand.Out(int lengthBytes) -> "o" + lengthBytes;
            case Operand.Words(List<Long> values) ->
                    "w" + values.stream().map(value -> Long.toString(value)).collect(Collectors.joining(","));
            case Operand.Vector(List<Operand.Range> ranges) -> "v" + ranges.stream()
                    .map(range -> range.address() + "," + range.lengthBytes()).collect(Collectors.joining(","));
        };
    }

    /// {@return the program that lines like [#lines] tell of}
    ///
    /// @throws IllegalArgumentException if they tell of none
    static Recorded of(List<String> lines) {
        List<Program.InitialFile> files = new ArrayList<>();
        List<Call> calls = new ArrayList<>();
        List<Answer> answers = new ArrayList<>();
        for (String line : lines.subList(1, lines.size())) {
            int middle = line.indexOf(ANSWERS);
            if (line.startsWith(FILE)) {
                String[] words = line.split(" ");
                files.add(new Program.InitialFile(words[1], Long.parseLong(words[2]), Integer.parseInt(words[3])));
            } else if (middle < 0) {
                String[] sides = line.split("\\* ", 2);
                Answer answer = Answer.parse(sides[1]);
                Stream.generate(() -> answer).limit(Integer.parseInt(sides[0])).forEach(answers::add);
            } else {
                List<String> words = List.of(line.substring(0, middle).split(" "));
                calls.add(new Call(words.getFirst(), words.subList(1, words.size()).stream().map(Recorded::operand).toList()));
                answers.add(Answer.parse(line.substring(middle + ANSWERS.length())));
            }
        }
        return new Recorded(new Program(files, calls), answers);
    }

    private static Operand operand(String word) {
        String rest = word.substring(1);
        return switch (word.charAt(0)) {
            case 's' -> new Operand.Self();
            case 'p' -> new Operand.Path(rest);
            case 'o' -> new Operand.Out(Integer.parseInt(rest));
            case 'w' -> new Operand.Words(numbers(rest));
            case 'v' -> {
                List<Long> numbers = numbers(rest);
                List<Operand.Range> ranges = new ArrayList<>();
                for (int i = 0; i + 1 < numbers.size(); i += 2) {
                    ranges.add(new Operand.Range(numbers.get(i), numbers.get(i + 1)));
                }
                yield new Operand.Vector(ranges);
            }
            default -> Operand.of(Long.parseLong(word));
        };
    }

    private static List<Long> numbers(String words) {
        return words.isEmpty() ? List.of() : Stream.of(words.split(",")).map(Long::valueOf).toList();
    }
}
