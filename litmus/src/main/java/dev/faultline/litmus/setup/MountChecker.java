package dev.faultline.litmus.setup;

import dev.faultline.litmus.syntax.Diagnostics;
import dev.faultline.litmus.syntax.Directive;
import dev.faultline.litmus.syntax.Directive.Argument;
import dev.faultline.litmus.syntax.Word;
import dev.faultline.litmus.types.Feature;
import dev.faultline.litmus.types.Modelled;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/// Checks `mount`: the type of the file system and the options that it knows.
final class MountChecker {
    private static final long MOST_BYTES = 1L << 40;

    private final Diagnostics diagnostics;
    private final Modelled modelled;

    MountChecker(Diagnostics diagnostics, Modelled modelled) {
        this.diagnostics = diagnostics;
        this.modelled = modelled;
    }

    /// {@return the mount of `typeName` at `path`; `isFolder` knows what is there so far}
    Optional<SetupStep.Mount> mount(Directive directive, Word typeName, Word path, Predicate<String> isFolder) {
        Optional<FileSystemType> type = type(typeName);
        if (type.isEmpty()) {
            return Optional.empty();
        }
        Map<Feature, Argument> given = options(type.get(), directive.arguments().subList(2, directive.arguments().size()));
        Optional<String> lower = value(given, Feature.LOWER)
                .filter(word -> checkFolder(word, isFolder)).map(Word::text);
        if (type.get() == FileSystemType.UNIONFS && !given.containsKey(Feature.LOWER)) {
            diagnostics.report(directive.end(), "unionfs lies on nothing", "lower=PATH");
        }
        OptionalLong size = value(given, Feature.SIZE)
                .map(word -> Amounts.read(word, "bytes", 4096, MOST_BYTES, diagnostics)).orElse(OptionalLong.empty());
        long nodes = value(given, Feature.NODES)
                .map(word -> Amounts.read(word, "nodes", 1, 16, diagnostics)).orElse(OptionalLong.empty()).orElse(1);
        HugeFiles huge = value(given, Feature.HUGE).map(this::hugeFiles).orElse(HugeFiles.NEVER);
        var options = new MountOptions(given.containsKey(Feature.DAX), lower, size, Math.toIntExact(nodes), huge,
                given.containsKey(Feature.NODATASUM), value(given, Feature.SECTOR).filter(this::isLarge).isPresent() ? 4096 : 512);
        return Optional.of(new SetupStep.Mount(type.get(), path.text(), options, directive.span()));
    }

    private Optional<FileSystemType> type(Word name) {
        Optional<FileSystemType> type = FileSystemType.of(name.text());
        if (type.isEmpty()) {
            diagnostics.reportUnknown(name, "'" + name + "' is not a file system of this language",
                    "one of " + String.join(", ", Modelled.FILE_SYSTEMS), Modelled.FILE_SYSTEMS);
        } else if (!modelled.fileSystems().contains(name.text())) {
            diagnostics.report(name.span(), "file system '" + name + "' is not modelled yet",
                    "one of " + String.join(", ", modelled.fileSystems()));
            return Optional.empty();
        }
        return type;
    }

    private Map<Feature, Argument> options(FileSystemType type, List<Argument> arguments) {
        Map<Feature, Argument> given = new EnumMap<>(Feature.class);
        for (Argument argument : arguments) {
            option(type, argument).filter(this::isModelled).ifPresent(option -> {
                if (given.putIfAbsent(option.feature, argument) != null) {
                    diagnostics.report(argument.span(), "'" + option.name + "' is given twice", "one of it");
                }
            });
        }
        return given;
    }

    private record Option(Feature feature, Word name) {}

    private Optional<Option> option(FileSystemType type, Argument argument) {
        Word name = switch (argument) {
            case Argument.Plain(Word word) -> word;
            case Argument.Setting(Word word, Word _) -> word;
            case Argument.Fill(int _, Word word) -> new Word("a byte", word.span());
        };
        for (Feature feature : type.options()) {
            if (optionName(feature).equals(name.text())) {
                return hasItsForm(feature, argument) ? Optional.of(new Option(feature, name)) : Optional.empty();
            }
        }
        List<String> known = type.options().stream().map(MountChecker::optionName).toList();
        diagnostics.reportUnknown(name, "'" + name + "' is not an option of " + type,
                known.isEmpty() ? "no option" : String.join(" or ", known), known);
        return Optional.empty();
    }

    private static String optionName(Feature feature) {
        return feature.name().toLowerCase(Locale.ROOT);
    }

    private boolean hasItsForm(Feature feature, Argument argument) {
        boolean flag = feature == Feature.DAX || feature == Feature.NODATASUM;
        boolean right = flag ? argument instanceof Argument.Plain : argument instanceof Argument.Setting;
        if (!right) {
            diagnostics.report(argument.span(), "'" + argument.text() + "' " + (flag ? "takes no value" : "has no value"),
                    flag ? optionName(feature) : optionName(feature) + "=VALUE");
        }
        return right;
    }

    private boolean isModelled(Option option) {
        boolean modelledOption = modelled.features().contains(option.feature);
        if (!modelledOption) {
            diagnostics.report(option.name.span(), option.feature.words() + " is not modelled yet", "a mount without it");
        }
        return modelledOption;
    }

    private static Optional<Word> value(Map<Feature, Argument> given, Feature feature) {
        return given.get(feature) instanceof Argument.Setting(Word _, Word value) ? Optional.of(value) : Optional.empty();
    }

    private boolean checkFolder(Word path, Predicate<String> isFolder) {
        if (!isFolder.test(path.text())) {
            diagnostics.report(path.span(), "there is no folder " + path, "'mount TYPE " + path + ";' before this");
        }
        return isFolder.test(path.text());
    }

    private boolean isLarge(Word value) {
        if (!value.text().equals("512") && !value.text().equals("4096")) {
            diagnostics.report(value.span(), "no disk has sectors of '" + value + "' bytes", "sector=512 or sector=4096");
        }
        return value.text().equals("4096");
    }

    private HugeFiles hugeFiles(Word value) {
        for (HugeFiles when : HugeFiles.values()) {
            if (value.text().equals(when.name().toLowerCase(Locale.ROOT))) {
                return when;
            }
        }
        diagnostics.report(value.span(), "'" + value + "' is not known for huge", "huge=never, always, within_size or advise");
        return HugeFiles.NEVER;
    }
}
