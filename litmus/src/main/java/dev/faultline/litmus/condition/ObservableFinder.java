package dev.faultline.litmus.condition;

import dev.faultline.litmus.syntax.Diagnostics;
import dev.faultline.litmus.syntax.Proposition;
import dev.faultline.litmus.syntax.Proposition.Subscript;
import dev.faultline.litmus.syntax.Span;
import dev.faultline.litmus.types.Body;
import dev.faultline.litmus.types.CType;
import dev.faultline.litmus.types.Constants;
import dev.faultline.litmus.types.Global;
import dev.faultline.litmus.types.Local;
import dev.faultline.litmus.types.Program;
import dev.faultline.litmus.types.Variable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Finds what the names of observables stand for.
final class ObservableFinder {
    private static final Pattern IN_DOC = Pattern.compile("\\b([0-9]{1,3}|init|final):([A-Za-z_][A-Za-z0-9_]*)\\b");

    private final Program program;
    private final Diagnostics diagnostics;

    ObservableFinder(Program program, Diagnostics diagnostics) {
        this.program = program;
        this.diagnostics = diagnostics;
    }

    /// {@return `0:r`, `init:x`, `0:buf[3]`, `0:errno` or `0:signal`}
    Optional<Observable> local(Proposition.LocalOperand operand) {
        Optional<Body> body = body(program, operand.owner().text());
        if (body.isEmpty()) {
            diagnostics.reportUnknown(operand.owner(), "there is no '" + operand.owner() + "'",
                    "the number of a thread, init or final", owners());
            return Optional.empty();
        }
        Optional<Local> local = outermost(body.get(), operand.name().text());
        Optional<Observable> builtIn = builtIn(operand.owner().text(), body.get(), operand.name().text());
        if (builtIn.isPresent() && operand.subscript().isEmpty()) {
            return builtIn;
        }
        if (local.isEmpty()) {
            diagnostics.reportUnknown(operand.name(), body.get().name() + " has no local '" + operand.name() + "'",
                    "one of its locals, errno or signal", localNames(body.get()));
            return Optional.empty();
        }
        return scalar(local.get(), operand.owner() + ":" + operand.name(), operand.subscript(), operand.span())
                .map(scalar -> new Observable.OfLocal(
                        scalar.name, body.get().name(), local.get(), scalar.offset, scalar.type));
    }

    private static Optional<Body> body(Program program, String owner) {
        return program.body(owner.matches("[0-9]+") ? "P" + owner : owner)
                .filter(body -> !owner.equals(body.name()) || !owner.startsWith("P"));
    }

    private List<String> owners() {
        return program.bodies().stream()
                .map(body -> body.name().startsWith("P") ? body.name().substring(1) : body.name()).toList();
    }

    private static Optional<Observable> builtIn(String owner, Body body, String name) {
        return switch (name) {
            case "errno" -> Optional.of(new Observable.OfErrno(owner + ":errno", body.name()));
            case "signal" -> Optional.of(new Observable.OfSignal(owner + ":signal", body.name()));
            default -> Optional.empty();
        };
    }

    private static Optional<Local> outermost(Body body, String name) {
        return body.locals().stream().filter(local -> local.name().equals(name))
                .min(Comparator.comparingInt(Local::depth));
    }

    private static List<String> localNames(Body body) {
        List<String> names = new ArrayList<>(body.locals().stream().map(Local::name).distinct().toList());
        names.addAll(List.of("errno", "signal"));
        return names;
    }

    /// {@return `g` or `g[3]`}
    Optional<Observable> global(Proposition.NameOperand operand) {
        Optional<Global> global = program.global(operand.name().text());
        if (global.isEmpty()) {
            diagnostics.reportUnknown(operand.name(), "there is no global '" + operand.name() + "'",
                    "a global, a constant of the headers, or a local as 0:" + operand.name(), globalNames());
            return Optional.empty();
        }
        return scalar(global.get(), operand.name().text(), operand.subscript(), operand.span())
                .map(scalar -> new Observable.OfGlobal(scalar.name, global.get(), scalar.offset, scalar.type));
    }

    private List<String> globalNames() {
        return Stream.concat(program.globals().stream().map(Global::name),
                Constants.names().stream()).toList();
    }

    private record Scalar(String name, long offset, CType type) {}

    private Optional<Scalar> scalar(Variable variable, String name, Optional<Subscript> subscript, Span span) {
        if (subscript.isPresent()) {
            return element(variable, name, subscript.get());
        }
        if (!variable.type().isScalar()) {
            boolean array = variable.type() instanceof CType.Array;
            diagnostics.report(span, "'" + name + "' is a whole " + variable.type(),
                    array ? name + "[INDEX]" : "an integer, a pointer or an element of an array");
            return Optional.empty();
        }
        return Optional.of(new Scalar(name, 0, variable.type()));
    }

    private Optional<Scalar> element(Variable variable, String name, Subscript subscript) {
        if (!(variable.type() instanceof CType.Array(CType element, long length)) || !element.isScalar()) {
            diagnostics.report(subscript.span(), "'" + name + "' has no elements to compare: it has type " + variable.type(),
                    "an array of integers or pointers before '['");
            return Optional.empty();
        }
        long index = subscript.value();
        if (index < 0 || index >= length) {
            diagnostics.report(subscript.span(), "'" + name + "' has " + length + " elements",
                    "an index from 0 to " + (length - 1));
            return Optional.empty();
        }
        return Optional.of(new Scalar(name + "[" + index + "]", index * element.size(), element));
    }

    /// {@return the observables that a doc string names; what only looks like one is text}
    static List<Observable> namedIn(String doc, Program program) {
        return IN_DOC.matcher(doc).results().flatMap(match -> named(match, program).stream()).toList();
    }

    private static Optional<Observable> named(MatchResult match, Program program) {
        Optional<Body> body = body(program, match.group(1));
        Optional<Observable> builtIn = body.flatMap(found -> builtIn(match.group(1), found, match.group(2)));
        return builtIn.or(() -> body.flatMap(found -> outermost(found, match.group(2))
                .filter(local -> local.type().isScalar())
                .map(local -> new Observable.OfLocal(match.group(), found.name(), local, 0, local.type()))));
    }

    /// {@return the scalars that the threads declare in their outermost blocks}
    static List<Observable> outermostLocals(Program program) {
        List<Observable> found = new ArrayList<>();
        for (Body body : program.threads()) {
            for (Local local : body.locals()) {
                if (local.depth() == 0 && local.type().isScalar()) {
                    String name = body.name().substring(1) + ":" + local.name();
                    found.add(new Observable.OfLocal(name, body.name(), local, 0, local.type()));
                }
            }
        }
        return List.copyOf(found);
    }
}
