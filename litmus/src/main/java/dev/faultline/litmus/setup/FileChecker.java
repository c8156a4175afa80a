package dev.faultline.litmus.setup;

import dev.faultline.litmus.setup.SetupStep.Content;
import dev.faultline.litmus.setup.SetupStep.DeviceType;
import dev.faultline.litmus.syntax.Diagnostics;
import dev.faultline.litmus.syntax.Directive;
import dev.faultline.litmus.syntax.Directive.Argument;
import dev.faultline.litmus.syntax.Span;
import dev.faultline.litmus.syntax.Word;
import dev.faultline.litmus.types.Feature;
import dev.faultline.litmus.types.Modelled;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// Checks the directives that put something at a path.
final class FileChecker {
    private static final long MOST_BYTES = 1L << 40;
    private static final long MOST_FILLED_BYTES = 64 << 20;
    private static final List<String> DEVICES = List.of("pfnmap", "io", "special", "rdma", "dma");

    private final Diagnostics diagnostics;
    private final Modelled modelled;
    private final MountChecker mounts;
    private final List<SetupStep> steps = new ArrayList<>();
    /// What is at each path so far.
    private final Map<String, SetupStep> paths = new LinkedHashMap<>();

    FileChecker(Diagnostics diagnostics, Modelled modelled) {
        this.diagnostics = diagnostics;
        this.modelled = modelled;
        this.mounts = new MountChecker(diagnostics, modelled);
    }

    List<SetupStep> steps() {
        return List.copyOf(steps);
    }

    void directive(Directive directive) {
        switch (directive.keyword().text()) {
            case "mount" -> mount(directive);
            case "file" -> file(directive);
            case "dir" -> directory(directive);
            case "symlink" -> symlink(directive);
            case "device" -> device(directive);
            case "loop" -> loop(directive);
            default -> throw new AssertionError("not a directive about paths: " + directive.keyword());
        }
    }

    private void add(SetupStep step) {
        steps.add(step);
        paths.put(step.path(), step);
    }

    /// {@return whether a directive has from `least` to `most` arguments, of which the first `least` are plain}
    private boolean hasForm(Directive directive, int least, int most, String form) {
        List<Argument> arguments = directive.arguments();
        for (int i = 0; i < arguments.size(); i++) {
            if (i >= most || i < least && !(arguments.get(i) instanceof Argument.Plain)) {
                diagnostics.report(arguments.get(i).span(),
                        "'" + arguments.get(i).text() + "' does not belong here", form);
                return false;
            }
        }
        if (arguments.size() < least) {
            diagnostics.report(directive.end(), "'" + directive.keyword() + "' lacks an argument", form);
        }
        return arguments.size() >= least;
    }

    private static Word word(Directive directive, int index) {
        return ((Argument.Plain) directive.arguments().get(index)).word();
    }

    /// {@return a path that is free and has a folder to stand in}
    private Optional<String> newPath(Word word) {
        String path = word.text();
        if (!isPath(word)) {
            return Optional.empty();
        }
        if (paths.containsKey(path)) {
            int line = paths.get(path).span().line();
            diagnostics.report(word.span(), "'" + path + "' is there already", "another path than that of line " + line);
            return Optional.empty();
        }
        String parent = path.substring(0, Math.max(1, path.lastIndexOf('/')));
        if (!isFolder(parent)) {
            diagnostics.report(word.span(), "there is no folder " + parent,
                    "'mount TYPE " + parent + ";' or 'dir " + parent + ";' before this");
            return Optional.empty();
        }
        return Optional.of(path);
    }

    /// The root, `/dev`, and what was mounted or made, with all above.
    private boolean isFolder(String path) {
        return path.equals("/") || path.equals("/dev") || paths.values().stream().anyMatch(step -> switch (step) {
            case SetupStep.Mount mount -> mount.path().equals(path) || mount.path().startsWith(path + "/")
                    || mount.type().folders().stream().anyMatch(folder -> path.equals(mount.path() + "/" + folder));
            case SetupStep.Directory directory -> directory.path().equals(path);
            case SetupStep.RegularFile _, SetupStep.Symlink _, SetupStep.Device _, SetupStep.Loop _ -> false;
        });
    }

    private boolean isPath(Word word) {
        String path = word.text();
        boolean absolute = path.startsWith("/");
        boolean plain = !List.of(path.split("/")).contains(".") && !List.of(path.split("/")).contains("..");
        if (!absolute || !plain) {
            diagnostics.report(word.span(), "'" + path + "' is not an absolute path", "a path such as /mnt/f");
        }
        return absolute && plain;
    }

    private boolean isModelled(Feature feature, Span span) {
        boolean modelledFeature = modelled.features().contains(feature);
        if (!modelledFeature) {
            diagnostics.report(span, feature.words() + " is not modelled yet", "a machine without it");
        }
        return modelledFeature;
    }

    private void mount(Directive directive) {
        if (!hasForm(directive, 2, Integer.MAX_VALUE, "mount TYPE PATH [OPTION ...];") || !isPath(word(directive, 1))) {
            return;
        }
        Word path = word(directive, 1);
        if (paths.get(path.text()) instanceof SetupStep.Mount earlier) {
            diagnostics.report(path.span(), "something is mounted on " + path + " already",
                    "another path than that of line " + earlier.span().line());
            return;
        }
        mounts.mount(directive, word(directive, 0), path, this::isFolder).ifPresent(this::add);
    }

    private void file(Directive directive) {
        if (!hasForm(directive, 2, 3, "file PATH BYTES ['c' or hole];")) {
            return;
        }
        Optional<String> path = newPath(word(directive, 0));
        Optional<Content> content = directive.arguments().size() < 3
                ? Optional.of(new Content.Filled(0)) : content(directive.arguments().get(2));
        boolean hole = content.filter(Content.Hole.class::isInstance).isPresent();
        OptionalLong size = Amounts.read(
                word(directive, 1), "bytes", 0, hole ? MOST_BYTES : MOST_FILLED_BYTES, diagnostics);
        if (path.isPresent() && content.isPresent() && size.isPresent()) {
            add(new SetupStep.RegularFile(path.get(), size.getAsLong(), content.get(), directive.span()));
        }
    }

    private Optional<Content> content(Argument argument) {
        if (argument instanceof Argument.Fill fill) {
            return Optional.of(new Content.Filled(fill.value()));
        }
        if (!argument.text().equals("hole")) {
            diagnostics.report(argument.span(), "'" + argument.text() + "' does not belong here",
                    "a byte such as 'a', or hole");
            return Optional.empty();
        }
        return isModelled(Feature.HOLE, argument.span()) ? Optional.of(new Content.Hole()) : Optional.empty();
    }

    private void directory(Directive directive) {
        if (hasForm(directive, 1, 1, "dir PATH;") && isModelled(Feature.DIRECTORY, directive.keyword().span())) {
            newPath(word(directive, 0)).ifPresent(path -> add(new SetupStep.Directory(path, directive.span())));
        }
    }

    private void symlink(Directive directive) {
        if (hasForm(directive, 2, 2, "symlink PATH TARGET;")
                && isModelled(Feature.SYMLINK, directive.keyword().span())) {
            newPath(word(directive, 0)).ifPresent(path ->
                    add(new SetupStep.Symlink(path, word(directive, 1).text(), directive.span())));
        }
    }

    private void device(Directive directive) {
        if (!hasForm(directive, 2, 2, "device PATH TYPE;")) {
            return;
        }
        Optional<String> path = newPath(word(directive, 0));
        Optional<DeviceType> type = deviceType(word(directive, 1));
        if (path.isPresent() && type.isPresent()) {
            add(new SetupStep.Device(path.get(), type.get(), directive.span()));
        }
    }

    private Optional<DeviceType> deviceType(Word word) {
        return switch (word.text()) {
            case "pfnmap" -> ifModelled(Feature.DEVICE_PFNMAP, DeviceType.PFNMAP, word);
            case "io" -> ifModelled(Feature.DEVICE_IO, DeviceType.IO, word);
            case "special" -> ifModelled(Feature.DEVICE_SPECIAL, DeviceType.SPECIAL, word);
            case "rdma" -> ifModelled(Feature.DEVICE_RDMA, DeviceType.RDMA, word);
            case "dma" -> ifModelled(Feature.DEVICE_DMA, DeviceType.DMA, word);
            default -> {
                diagnostics.reportUnknown(word, "'" + word + "' is not a type of device",
                        "one of " + String.join(", ", DEVICES), DEVICES);
                yield Optional.empty();
            }
        };
    }

    private Optional<DeviceType> ifModelled(Feature feature, DeviceType type, Word word) {
        return isModelled(feature, word.span()) ? Optional.of(type) : Optional.empty();
    }

    private void loop(Directive directive) {
        if (!hasForm(directive, 2, 2, "loop PATH FILE;") || !isModelled(Feature.LOOP, directive.keyword().span())) {
            return;
        }
        Word file = word(directive, 1);
        if (!(paths.get(file.text()) instanceof SetupStep.RegularFile)) {
            diagnostics.report(file.span(), "there is no file " + file, "'file " + file + " BYTES;' before this");
            return;
        }
        newPath(word(directive, 0)).ifPresent(path ->
                add(new SetupStep.Loop(path, file.text(), directive.span())));
    }
}
