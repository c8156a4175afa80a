package dev.faultline.litmus.setup;

import dev.faultline.litmus.syntax.Diagnostics;
import dev.faultline.litmus.syntax.Directive;
import dev.faultline.litmus.syntax.Directive.Argument;
import dev.faultline.litmus.syntax.Span;
import dev.faultline.litmus.syntax.Word;
import dev.faultline.litmus.types.Feature;
import dev.faultline.litmus.types.Modelled;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/// Checks the machine description and makes its [MachineSpec].
public final class MachineChecker {
    private static final List<String> DIRECTIVES = List.of("mount", "file", "dir", "symlink", "device", "loop",
            "memory", "swap", "thp", "hugetlb", "arch", "cpus", "adversary", "fail");
    private static final int MOST_PAGES = 1 << 20;
    private static final int MOST_HUGETLB_PAGES = 64;

    private final Diagnostics diagnostics;
    private final Modelled modelled;
    private final FileChecker files;
    private final Map<String, Span> seen = new HashMap<>();
    private final List<Adversary> adversaries = new ArrayList<>();
    private Architecture architecture = Architecture.X86_64;
    private OptionalInt cpus = OptionalInt.empty();
    private OptionalInt memoryPages = OptionalInt.empty();
    private int swapSlots;
    private HugePages hugePages = HugePages.NEVER;
    private OptionalInt hugetlbPages = OptionalInt.empty();
    private int failingAllocations;
    private int failingTransfers;

    private MachineChecker(Diagnostics diagnostics, Modelled modelled) {
        this.diagnostics = diagnostics;
        this.modelled = modelled;
        this.files = new FileChecker(diagnostics, modelled);
    }

    /// {@return the machine of `directives`; where `diagnostics` has something afterwards it is not to be used}
    public static MachineSpec check(List<Directive> directives, Modelled modelled, Diagnostics diagnostics) {
        var checker = new MachineChecker(diagnostics, modelled);
        directives.forEach(checker::directive);
        return new MachineSpec(checker.architecture, checker.cpus, checker.memoryPages, checker.swapSlots,
                checker.hugePages, checker.hugetlbPages, checker.files.steps(), List.copyOf(checker.adversaries), checker.failingAllocations,
                checker.failingTransfers);
    }

    private void directive(Directive directive) {
        if (isUnended(directive)) {
            return;
        }
        switch (directive.keyword().text()) {
            case "mount", "file", "dir", "symlink", "device", "loop" -> files.directive(directive);
            case "memory" -> memory(directive);
            case "swap" -> single(directive, "swap slots", Feature.SWAP, 1, MOST_PAGES)
                    .ifPresent(slots -> swapSlots = slots);
            case "thp" -> hugePages(directive);
            case "hugetlb" -> single(directive, "huge pages", Feature.HUGETLB, 0, MOST_HUGETLB_PAGES)
                    .ifPresent(pages -> hugetlbPages = OptionalInt.of(pages));
            case "cpus" -> single(directive, "processors", Feature.CPUS, 1, 64)
                    .ifPresent(number -> cpus = OptionalInt.of(number));
            case "arch" -> architecture(directive);
            case "adversary" -> adversary(directive);
            case "fail" -> fail(directive);
            default -> diagnostics.reportUnknown(directive.keyword(),
                    "'" + directive.keyword() + "' is not a directive", "one of " + String.join(", ", DIRECTIVES), DIRECTIVES);
        }
    }

    /// Another directive on the next line, taken for an argument: what lacks is a `;`.
    private boolean isUnended(Directive directive) {
        Span before = directive.keyword().span();
        for (Argument argument : directive.arguments()) {
            if (argument.span().line() > before.line() && DIRECTIVES.contains(argument.text())) {
                diagnostics.report(before.end(), "nothing ends this", "';'");
                return true;
            }
            before = argument.span();
        }
        return false;
    }

    private void memory(Directive directive) {
        if (directive.arguments().size() == 1 && directive.arguments().getFirst().text().equals("0")) {
            diagnostics.report(directive.arguments().getFirst().span(),
                    "a machine without memory cannot run init", "at least 1 page");
            return;
        }
        single(directive, "pages", Feature.MEMORY, 1, MOST_PAGES)
                .ifPresent(pages -> memoryPages = OptionalInt.of(pages));
    }

    /// Reads a directive with one number that may stand once.
    private OptionalInt single(Directive directive, String unit, Feature feature, long least, long most) {
        List<Word> words = words(directive, "NUMBER");
        if (words.size() != 1 || isRepeated(directive.keyword().text(), directive.span())) {
            return OptionalInt.empty();
        }
        return number(words.getFirst(), unit, feature, least, most);
    }

    private OptionalInt number(Word word, String unit, Feature feature, long least, long most) {
        OptionalLong number = Amounts.read(word, unit, least, most, diagnostics);
        return number.isPresent() && isModelled(feature, word.span())
                ? OptionalInt.of(Math.toIntExact(number.getAsLong())) : OptionalInt.empty();
    }

    /// {@return the plain arguments of a directive, if they are as many as `form` has words; else none}
    private List<Word> words(Directive directive, String form) {
        List<Word> words = new ArrayList<>();
        int wanted = form.split(" ").length;
        String whole = directive.keyword() + " " + form + ";";
        for (Argument argument : directive.arguments()) {
            if (words.size() == wanted || !(argument instanceof Argument.Plain(Word word))) {
                diagnostics.report(argument.span(), "'" + argument.text() + "' does not belong here", whole);
                return List.of();
            }
            words.add(word);
        }
        if (words.size() < wanted) {
            diagnostics.report(directive.end(), "'" + directive.keyword() + "' lacks an argument", whole);
            return List.of();
        }
        return words;
    }

    private boolean isRepeated(String what, Span span) {
        Span earlier = seen.putIfAbsent(what, span);
        if (earlier != null) {
            diagnostics.report(span, "'" + what + "' is there twice", "only that of line " + earlier.line());
        }
        return earlier != null;
    }

    private boolean isModelled(Feature feature, Span span) {
        boolean modelledFeature = modelled.features().contains(feature);
        if (!modelledFeature) {
            diagnostics.report(span, feature.words() + " is not modelled yet", "a machine without it");
        }
        return modelledFeature;
    }

    private void architecture(Directive directive) {
        if (directive.arguments().isEmpty()) {
            words(directive, "NAME");
            return;
        }
        Span span = directive.arguments().getFirst().span().to(directive.arguments().getLast().span());
        String name = String.join(" ", directive.arguments().stream().map(Argument::text).toList());
        Optional<Architecture> found = Architecture.of(name);
        if (found.isEmpty()) {
            diagnostics.report(span, "'" + name + "' is not an architecture", "x86_64, arm64, arm64 mte, sparc64 adi or morello");
        } else if (!isRepeated("arch", directive.span())
                && found.get().feature().map(feature -> isModelled(feature, span)).orElse(true)) {
            architecture = found.get();
        }
    }

    private void hugePages(Directive directive) {
        List<Word> words = words(directive, "never|madvise|always");
        if (words.isEmpty() || isRepeated("thp", directive.span()) || !isModelled(Feature.THP, directive.span())) {
            return;
        }
        Word word = words.getFirst();
        switch (word.text()) {
            case "never" -> hugePages = HugePages.NEVER;
            case "madvise" -> hugePages = HugePages.MADVISE;
            case "always" -> hugePages = HugePages.ALWAYS;
            default -> diagnostics.reportUnknown(word, "huge pages cannot be had '" + word + "'",
                    "never, madvise or always", List.of("never", "madvise", "always"));
        }
    }

    private void adversary(Directive directive) {
        List<Word> words = words(directive, "reclaim|writeback|migrate|khugepaged NUMBER");
        if (words.isEmpty()) {
            return;
        }
        Word kind = words.getFirst();
        switch (kind.text()) {
            case "reclaim" -> adversary(Adversary.Kind.RECLAIM, Feature.RECLAIM, kind, words.getLast());
            case "writeback" -> adversary(Adversary.Kind.WRITEBACK, Feature.WRITEBACK, kind, words.getLast());
            case "migrate" -> adversary(Adversary.Kind.MIGRATE, Feature.MIGRATE, kind, words.getLast());
            case "khugepaged" -> adversary(Adversary.Kind.KHUGEPAGED, Feature.KHUGEPAGED, kind, words.getLast());
            default -> diagnostics.reportUnknown(kind, "'" + kind + "' is not an adversary",
                    "reclaim, writeback, migrate or khugepaged", List.of("reclaim", "writeback", "migrate", "khugepaged"));
        }
    }

    private void adversary(Adversary.Kind kind, Feature feature, Word name, Word most) {
        if (!isRepeated("adversary " + kind.name().toLowerCase(Locale.ROOT), name.span())) {
            number(most, "times", feature, 1, 1000).ifPresent(times -> adversaries.add(new Adversary(kind, times)));
        }
    }

    private void fail(Directive directive) {
        List<Word> words = words(directive, "alloc|io NUMBER");
        if (words.isEmpty()) {
            return;
        }
        Word what = words.getFirst();
        switch (what.text()) {
            case "alloc" -> failures(words, Feature.FAIL_ALLOC).ifPresent(times -> failingAllocations = times);
            case "io" -> failures(words, Feature.FAIL_IO).ifPresent(times -> failingTransfers = times);
            default -> diagnostics.reportUnknown(
                    what, "'" + what + "' cannot be made to fail", "alloc or io", List.of("alloc", "io"));
        }
    }

    private OptionalInt failures(List<Word> words, Feature feature) {
        return isRepeated("fail " + words.getFirst(), words.getFirst().span())
                ? OptionalInt.empty() : number(words.getLast(), "times", feature, 1, 1000);
    }
}
