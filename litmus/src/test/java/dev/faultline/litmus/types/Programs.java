package dev.faultline.litmus.types;

import dev.faultline.litmus.syntax.Diagnostics;
import dev.faultline.litmus.syntax.FileParser;
import dev.faultline.litmus.syntax.MalformedLitmusException;
import dev.faultline.litmus.syntax.SourceFile;

/// Programs for tests, from their C alone.
final class Programs {
    private Programs() {}

    /// {@return the program of a file with these globals and threads}
    static Program of(String c) {
        var diagnostics = new Diagnostics(new SourceFile("test.litmus", "C test\n{}\n" + c + "\n"));
        try {
            Program program = ProgramChecker.check(
                    FileParser.parse(diagnostics), Modelled.everything(), diagnostics);
            diagnostics.throwIfAny();
            return program;
        } catch (MalformedLitmusException malformed) {
            throw new AssertionError(malformed.getMessage(), malformed);
        }
    }

    /// {@return the machine after P0 has run; `c` is the globals and P0}
    static FlatMachine run(String c) {
        return FlatMachine.run(of(c));
    }

    /// {@return the value of an expression that P0 computes, as a `long`}
    static long value(String expression) {
        return run("P0() { long result = " + expression + "; }").value("result");
    }
}
