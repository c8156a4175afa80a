package dev.faultline.live.translate;

import dev.faultline.litmus.condition.Observable;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.setup.SetupStep;
import dev.faultline.litmus.syntax.Span;
import dev.faultline.litmus.types.Body;
import dev.faultline.litmus.types.CType;
import dev.faultline.litmus.types.Local;
import dev.faultline.litmus.types.Placement;
import dev.faultline.litmus.types.Segment;
import dev.faultline.litmus.types.TypedExpression;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Writes a litmus test as one C program.
public final class Translator {
    private static final long ROUNDS = 100_000;
    private static final long SECONDS = 10;
    private static final long PATIENCE_SECONDS = 5;
    private static final long AHEAD_BYTES = 8 << 20;
    private static final long MOST_AHEAD = 256;

    private final LitmusTest test;
    private final Constant constants;
    private final List<Memory.Named> globals;
    private final List<String> mounts;

    private Translator(LitmusTest test) {
        this.test = test;
        this.constants = new Constant(test.source());
        this.globals = Memory.globals(test.program());
        this.mounts = test.machine().steps().stream().filter(SetupStep.Mount.class::isInstance).map(SetupStep::path).toList();
    }

    /// {@return the test as a C program; its files lie below the folder in which it runs}
    public static CProgram translate(LitmusTest test) {
        return new CProgram(new Translator(test).text(), test.observables());
    }

    private String text() {
        Map<String, String> parts = new TreeMap<>();
        parts.put("NAME", test.name());
        parts.put("DOC", test.doc().map(doc -> ": " + doc.replace("*/", "* /")).orElse(""));
        parts.put("HOW", how());
        parts.put("FLAGS", String.join(" ", CProgram.FLAGS));
        parts.put("PATIENCE", Long.toString(PATIENCE_SECONDS));
        parts.put("ROUNDS", Long.toString(ROUNDS));
        parts.put("SECONDS", Long.toString(SECONDS));
        parts.put("SEED", "0");
        parts.put("THREADS", Integer.toString(test.program().threads().size()));
        parts.put("PROCESSES", Integer.toString(test.program().processes().size()));
        parts.put("VALUES", Integer.toString(test.observables().size()));
        parts.put("GLOBALS", globalsAndFrames());
        parts.put("RESET", reset());
        parts.put("FILES", Integer.toString(files().size()));
        parts.put("AHEAD", ahead());
        parts.put("FILELIST", fileList());
        parts.put("MADELIST", madeList());
        parts.put("BODIES", test.program().bodies().stream().map(this::body).collect(Collectors.joining("\n")));
        parts.put("THREADLIST", threads(Body::name));
        parts.put("PROCESSLIST", threads(body -> Integer.toString(body.placement().process())));
        parts.put("PROCESSORLIST", threads(body -> Integer.toString(body.placement().cpu().orElse(-1))));
        parts.put("VALUELIST", test.observables().stream().map(o -> Literal.quote(o.name())).collect(Collectors.joining(", ")));
        parts.put("INIT", test.program().init().isPresent() ? init() : "");
        parts.put("FINAL", test.program().last().isPresent() ? "\tfinal();\n" : "");
        parts.put("OBSERVE", observe());
        parts.put("REAP", calls("fork") ? "while (waitpid(-1, NULL, __WALL) > 0)\n\t\t;" : "");
        return fill(template(), parts);
    }

    private static String fill(String template, Map<String, String> parts) {
        StringBuilder text = new StringBuilder();
        for (int at = 0; at < template.length(); ) {
            int open = template.indexOf('@', at);
            int close = open < 0 ? -1 : template.indexOf('@', open + 1);
            if (close < 0) {
                return text.append(template, at, template.length()).toString();
            }
            String value = parts.get(template.substring(open + 1, close));
            if (value == null) {
                throw new AssertionError("the template has a part of unknown name: " + template.substring(open, close));
            }
            text.append(template, at, open).append(value);
            at = close + 1;
        }
        return text.toString();
    }

    private static String template() {
        try (InputStream text = Translator.class.getResourceAsStream("program.c")) {
            if (text == null) {
                throw new AssertionError("the template is not among the resources");
            }
            return new String(text.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private String threads(Function<Body, String> what) {
        return test.program().threads().stream().map(what).collect(Collectors.joining(", "));
    }

    // ---- what surrounds the bodies ----

    private String how() {
        StringBuilder how = new StringBuilder();
        for (SetupStep step : test.machine().steps()) {
            if (step instanceof SetupStep.Mount mount) {
                how.append(" *     mkdir -p ").append(below(mount.path())).append("    # a folder of ")
                        .append(mount.type()).append(", or a mount of it\n");
            }
        }
        return how.toString();
    }

    /// {@return an absolute path as one below the folder in which the program runs}
    private static String below(String path) {
        return path.substring(1);
    }

    private String globalsAndFrames() {
        StringBuilder text = new StringBuilder();
        if (!globals.isEmpty()) {
            text.append("/* The globals: each process has its own. */\n").append(struct(Memory.GLOBALS, globals)).append('\n');
        }
        for (Body body : test.program().bodies()) {
            List<Memory.Named> frame = memory(body).frame();
            if (!frame.isEmpty()) {
                text.append("/* The locals of ").append(body.name()).append(" that lie in memory. */\n")
                        .append(struct(Memory.frameName(body), frame)).append('\n');
            }
        }
        return text.toString();
    }

    private static String struct(String name, List<Memory.Named> variables) {
        StringBuilder text = new StringBuilder("static struct {\n");
        for (Memory.Named variable : variables) {
            text.append('\t').append(CTypes.placing(variable.type()))
                    .append(CTypes.volatileObject(variable.type(), variable.name())).append(";\n");
        }
        return text.append("} __attribute__((aligned(4096))) ").append(name).append(";\n").toString();
    }

    private Memory memory(Body body) {
        return Memory.of(test.program(), mounts, body);
    }

    /// Fresh pages for all that lies in memory, and in the globals what they begin with.
    private String reset() {
        StringBuilder text = new StringBuilder();
        if (!globals.isEmpty()) {
            text.append(fresh(Memory.GLOBALS));
        }
        for (Body body : test.program().bodies()) {
            if (!memory(body).frame().isEmpty()) {
                text.append(fresh(Memory.frameName(body)));
            }
        }
        return text.append(InitialValues.of(test.program(), globals)).toString();
    }

    private static String fresh(String name) {
        return "\tmmap(&" + name + ", sizeof " + name
                + ", PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);\n";
    }

    private List<SetupStep.RegularFile> files() {
        return test.machine().steps().stream().filter(SetupStep.RegularFile.class::isInstance)
                .map(SetupStep.RegularFile.class::cast).toList();
    }

    /// How many rounds' files are made at a time: fewer where they are large, one where a mount has room for no more.
    private String ahead() {
        boolean limited = test.machine().steps().stream().anyMatch(step ->
                step instanceof SetupStep.Mount mount && mount.options().sizeBytes().isPresent());
        if (limited) {
            return "1";
        }
        long roundBytes = files().stream().mapToLong(SetupStep.RegularFile::sizeBytes).sum();
        return Long.toString(Math.clamp(AHEAD_BYTES / Math.max(1, roundBytes), 1, MOST_AHEAD));
    }

    private String fileList() {
        return files().stream().map(file -> "{ " + Literal.quote(below(file.path())) + ", " + file.sizeBytes() + ", "
                + switch (file.content()) {
                    case SetupStep.Content.Filled(int value) -> fill(value);
                    case SetupStep.Content.Hole _ -> "HOLE";
                } + " }").collect(Collectors.joining(", "));
    }

    /// {@return the files that the test may make, which go before each round}
    private String madeList() {
        List<String> there = files().stream().map(SetupStep::path).toList();
        return literals().stream().filter(path -> !there.contains(path) && !mounts.contains(path))
                .sorted().distinct().map(path -> Literal.quote(below(path)) + ", ").collect(Collectors.joining()) + "NULL";
    }

    private static String fill(int value) {
        return value >= ' ' && value <= '~' && value != '\'' && value != '\\' ? "'" + (char) value + "'"
                : Integer.toString(value);
    }

    /// {@return the paths on mounted file systems that the test names}
    private List<String> literals() {
        List<String> paths = new ArrayList<>();
        String all = new String(test.program().readOnly().content().toArray(), StandardCharsets.ISO_8859_1);
        for (String text : all.split("\0")) {
            if (mounts.stream().anyMatch(mount -> text.startsWith(mount + "/"))) {
                paths.add(text);
            }
        }
        return paths;
    }

    // ---- bodies ----

    private String body(Body body) {
        Memory memory = memory(body);
        Registers registers = new Registers(body);
        String code = new BodyWriter(body, memory, new ExpressionWriter(body, memory, registers, constants)).write(1);
        StringBuilder text = new StringBuilder("static void ").append(body.name()).append("(void)\n{\n");
        registers.declarations().forEach(declaration -> text.append('\t').append(declaration).append('\n'));
        text.append("\n\tcaught = 0;\n\terrno = 0;\n\tif (sigsetjmp(trap, 0))\n\t\tgoto end;\n\n").append(code)
                .append("end:\n");
        String noted = noted(body, memory, registers);
        if (!noted.isEmpty()) {
            text.append(noted);
        } else {
            text.append("\t;\n");
        }
        return text.append(calls("fork") ? "\tleave_child();\n" : "").append("}\n").toString();
    }

    /// Notes what ends with the body: `errno` first, as what follows may change it.
    private String noted(Body body, Memory memory, Registers registers) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < test.observables().size(); i++) {
            switch (test.observables().get(i)) {
                case Observable.OfErrno of when of.body().equals(body.name()) -> text.insert(0, note(i, "errno", of));
                case Observable.OfSignal of when of.body().equals(body.name()) -> text.append(note(i, "caught", of));
                case Observable.OfLocal of when of.body().equals(body.name())
                        && of.local().storage() instanceof Local.Storage.Register(int slot) ->
                    text.append(note(i, registers.name(slot, of.type()), of));
                case Observable.OfLocal of when of.body().equals(body.name()) && !isInFirstProcess(body) ->
                    text.append(peek(i, inMemory(of, body, memory), of));
                default -> { }
            }
        }
        return text.toString();
    }

    private static boolean isInFirstProcess(Body body) {
        return body.placement().process() == Placement.FIRST.process();
    }

    private static String inMemory(Observable.OfLocal of, Body body, Memory memory) {
        Local.Storage.Stack stack = (Local.Storage.Stack) of.local().storage();
        return memory.object(address(Segment.STACK, stack.offset() + of.offset(), of), of.type(), body).text();
    }

    private static TypedExpression.Address address(
            Segment segment, long offset, Observable of) {
        return new TypedExpression.Address(new CType.Pointer(of.type()), segment, offset,
                new Span(1, 1, 0));
    }

    private String note(int index, String value, Observable of) {
        if (ProcessNumbers.holds(test.program(), of)) {
            return "\tshared->saw[" + index + "] = " + value + " > 0 ? 1 : " + value + "; /* " + of.name() + ": whether it is one */\n";
        }
        boolean pointer = of.type() instanceof CType.Pointer;
        return "\tshared->saw[" + index + "] = " + (pointer ? "(long)" : "") + value + "; /* " + of.name() + " */\n";
    }

    private String peek(int index, String value, Observable of) {
        return "\tif (sigsetjmp(trap, 0) == 0)\n\t" + note(index, value, of);
    }

    private String init() {
        return "\tinit();\n\tif (caught || errno) {\n"
                + "\t\tsnprintf(shared->failure, sizeof shared->failure, \"init: %s\", strerror(errno));\n"
                + "\t\tif (caught)\n"
                + "\t\t\tsnprintf(shared->failure, sizeof shared->failure, \"init was ended by signal %d\", caught);\n"
                + "\t\texit(3);\n\t}\n";
    }

    private String observe() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < test.observables().size(); i++) {
            Observable observable = test.observables().get(i);
            switch (observable) {
                case Observable.OfGlobal of -> {
                    Body any = test.program().bodies().getFirst();
                    text.append(peek(i, memory(any).object(address(Segment.DATA,
                            of.global().offset() + of.offset(), of), of.type(), any).text(), of));
                }
                case Observable.OfLocal of when of.local().storage() instanceof Local.Storage.Stack -> {
                    Body body = test.program().body(of.body()).orElseThrow();
                    if (isInFirstProcess(body)) {
                        text.append(peek(i, inMemory(of, body, memory(body)), of));
                    }
                }
                case Observable.OfLocal _, Observable.OfErrno _, Observable.OfSignal _ -> { }
            }
        }
        return text.toString();
    }

    /// {@return whether a body makes that call}
    private boolean calls(String name) {
        return test.program().bodies().stream().anyMatch(body -> CallFinder.makes(body.code(), name));
    }
}
