package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.Diagnostics;
import dev.faultline.litmus.syntax.ParsedFile;
import dev.faultline.litmus.syntax.Part;
import dev.faultline.litmus.syntax.Span;
import dev.faultline.litmus.syntax.Word;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Checks the C of a file and makes its [Program].
public final class ProgramChecker {
    private static final Pattern THREAD = Pattern.compile("P(0|[1-9][0-9]{0,2})");

    private final Surroundings surroundings;
    private final Placements placements;
    private final GlobalsChecker globals;
    private final List<Body> threads = new ArrayList<>();
    private int nextThread;
    private Optional<Body> init = Optional.empty();
    private Optional<Body> last = Optional.empty();

    private ProgramChecker(Surroundings surroundings) {
        this.surroundings = surroundings;
        this.placements = new Placements(surroundings);
        this.globals = new GlobalsChecker(surroundings);
    }

    /// {@return the program of `file`; where `diagnostics` has something afterwards it is not to be run}
    public static Program check(ParsedFile file, Modelled modelled, Diagnostics diagnostics) {
        var checker = new ProgramChecker(new Surroundings(diagnostics, modelled));
        file.parts().forEach(checker::part);
        if (checker.threads.isEmpty()) {
            diagnostics.report(file.name().span(), "the test has no thread", "P0() { ... } after the globals");
        }
        return checker.program();
    }

    private Program program() {
        return new Program(List.copyOf(surroundings.globals()), globals.image(), surroundings.readOnlyImage(),
                placements.processes(), init, List.copyOf(threads), last);
    }

    private void part(Part part) {
        switch (part) {
            case Part.Globals(var declaration) -> {
                if (init.isPresent() || !threads.isEmpty() || last.isPresent()) {
                    report(declaration.span(), "a global after a body", "globals before init and the threads");
                }
                globals.declare(declaration);
            }
            case Part.Function function -> function(function);
        }
    }

    private void report(Span span, String what, String expected) {
        surroundings.diagnostics().report(span, what, expected);
    }

    private void function(Part.Function function) {
        Word name = function.name();
        switch (name.text()) {
            case "init" -> {
                checkNoAttributes(function);
                if (init.isPresent()) {
                    report(name.span(), "init is there twice", "one init");
                } else if (!threads.isEmpty() || last.isPresent()) {
                    report(name.span(), "init after a thread", "init before the threads");
                }
                init = Optional.of(BodyChecker.check(function, Placement.FIRST, surroundings));
            }
            case "final" -> {
                checkNoAttributes(function);
                if (last.isPresent()) {
                    report(name.span(), "final is there twice", "one final");
                }
                last = Optional.of(BodyChecker.check(function, Placement.FIRST, surroundings));
            }
            default -> thread(function);
        }
    }

    private void checkNoAttributes(Part.Function function) {
        function.attributes().stream().findFirst().ifPresent(attribute -> report(attribute.name().span(),
                function.name() + " cannot be placed", "attributes on threads only"));
    }

    private void thread(Part.Function function) {
        Word name = function.name();
        if (!THREAD.matcher(name.text()).matches()) {
            report(name.span(), "'" + name + "' is no part of a test", "init, P0, P1, ... or final");
        } else if (last.isPresent()) {
            report(name.span(), "a thread after final", "threads before final");
        } else {
            checkNumber(name);
        }
        threads.add(BodyChecker.check(function, placements.of(function), surroundings));
    }

    private void checkNumber(Word name) {
        int number = Integer.parseInt(name.text().substring(1));
        if (number != nextThread) {
            boolean twice = threads.stream().anyMatch(body -> body.name().equals(name.text()));
            report(name.span(), name + (twice ? " is there twice" : " is out of order"), "P" + nextThread);
        }
        nextThread = Math.max(nextThread, number + 1);
    }
}
