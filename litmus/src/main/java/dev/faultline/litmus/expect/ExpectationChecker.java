package dev.faultline.litmus.expect;

import dev.faultline.litmus.expect.Expectation.PatchChange;
import dev.faultline.litmus.setup.Architecture;
import dev.faultline.litmus.syntax.Diagnostics;
import dev.faultline.litmus.syntax.ExpectationSyntax;
import dev.faultline.litmus.syntax.Span;
import dev.faultline.litmus.syntax.Word;
import dev.faultline.litmus.types.Modelled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Checks the shape of `expect` lines.
public final class ExpectationChecker {
    private static final Pattern KERNEL = Pattern.compile("v[0-9]+(\\.[0-9]+){1,3}(-rc[0-9]+)?");
    private static final Pattern PATCH = Pattern.compile("[a-z0-9]+(-[a-z0-9.]+)*");
    private static final List<String> VERDICTS = verdicts();

    private final Diagnostics diagnostics;
    private final Modelled modelled;

    private ExpectationChecker(Diagnostics diagnostics, Modelled modelled) {
        this.diagnostics = diagnostics;
        this.modelled = modelled;
    }

    /// {@return the lines that are well formed; the others are reported}
    public static List<Expectation> check(List<ExpectationSyntax> lines, Modelled modelled, Diagnostics diagnostics) {
        var checker = new ExpectationChecker(diagnostics, modelled);
        List<Expectation> expectations = new ArrayList<>();
        for (ExpectationSyntax line : lines) {
            checker.expectation(line).ifPresent(expectation -> {
                checker.checkNew(expectation, expectations);
                expectations.add(expectation);
            });
        }
        return List.copyOf(expectations);
    }

    private Optional<Expectation> expectation(ExpectationSyntax line) {
        Word kernel = line.kernel();
        if (!KERNEL.matcher(kernel.text()).matches()) {
            diagnostics.report(kernel.span(), "'" + kernel + "' is not a kernel", "a release such as v5.14 or v5.17-rc8");
        }
        for (ExpectationSyntax.PatchChange change : line.patches()) {
            if (!PATCH.matcher(change.patch().text()).matches()) {
                diagnostics.report(change.patch().span(), "'" + change.patch() + "' is not a patch",
                        "an id such as gfs2-page-fault-v5");
            }
        }
        Optional<Architecture> architecture = architecture(line.architecture());
        return verdict(line.verdict()).map(verdict -> new Expectation(
                kernel.text(),
                line.patches().stream().map(change -> new PatchChange(change.applied(), change.patch().text())).toList(),
                architecture, verdict, line.span()));
    }

    private Optional<Architecture> architecture(List<Word> words) {
        if (words.isEmpty()) {
            return Optional.empty();
        }
        String name = String.join(" ", words.stream().map(Word::text).toList());
        Optional<Architecture> architecture = Architecture.of(name);
        if (architecture.isEmpty()) {
            Span span = words.getFirst().span().to(words.getLast().span());
            diagnostics.report(span, "'" + name + "' is not an architecture", "x86_64, arm64, arm64 mte, sparc64 adi or morello");
        } else if (!architecture.get().isModelled(modelled)) {
            Span span = words.getFirst().span().to(words.getLast().span());
            diagnostics.report(span, "architecture '" + name + "' is not modelled yet", "another one");
        }
        return architecture;
    }

    private Optional<ExpectedVerdict> verdict(List<Word> words) {
        List<ViolationKind> kinds = new ArrayList<>();
        for (Word word : words) {
            if (!VERDICTS.contains(word.text())) {
                diagnostics.reportUnknown(word, "'" + word + "' is not a verdict",
                        "one of " + String.join(", ", VERDICTS), VERDICTS);
                return Optional.empty();
            }
            Optional<ViolationKind> kind = ViolationKind.of(word.text());
            if (kind.isEmpty() && words.size() > 1) {
                diagnostics.report(word.span(), "'" + word + "' stands alone or not at all", "kinds of violation");
                return Optional.empty();
            }
            if (kind.filter(kinds::contains).isPresent()) {
                diagnostics.report(word.span(), "'" + word + "' is there twice", "each kind once");
                return Optional.empty();
            }
            kind.ifPresent(kinds::add);
        }
        return Optional.of(switch (words.getFirst().text()) {
            case "holds" -> new ExpectedVerdict.Holds();
            case "incomplete" -> new ExpectedVerdict.Incomplete();
            case "condition" -> new ExpectedVerdict.ConditionFails();
            default -> new ExpectedVerdict.Violations(kinds);
        });
    }

    private void checkNew(Expectation expectation, List<Expectation> earlier) {
        for (Expectation other : earlier) {
            if (other.kernel().equals(expectation.kernel()) && other.patches().equals(expectation.patches())
                    && other.architecture().equals(expectation.architecture())) {
                diagnostics.report(expectation.span(), "this kernel has an expectation already",
                        "only that of line " + other.span().line());
                return;
            }
        }
    }

    private static List<String> verdicts() {
        List<String> words = new ArrayList<>(List.of("holds", "incomplete", "condition"));
        Arrays.stream(ViolationKind.values()).map(ViolationKind::word).forEach(words::add);
        return List.copyOf(words);
    }
}
