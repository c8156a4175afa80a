package dev.faultline.litmus.load;

import dev.faultline.litmus.condition.Condition;
import dev.faultline.litmus.condition.ConditionChecker;
import dev.faultline.litmus.expect.Expectation;
import dev.faultline.litmus.expect.ExpectationChecker;
import dev.faultline.litmus.setup.MachineChecker;
import dev.faultline.litmus.setup.MachineSpec;
import dev.faultline.litmus.syntax.Diagnostics;
import dev.faultline.litmus.syntax.FileParser;
import dev.faultline.litmus.syntax.MalformedLitmusException;
import dev.faultline.litmus.syntax.ParsedFile;
import dev.faultline.litmus.syntax.SourceFile;
import dev.faultline.litmus.syntax.Word;
import dev.faultline.litmus.types.Body;
import dev.faultline.litmus.types.Modelled;
import dev.faultline.litmus.types.Program;
import dev.faultline.litmus.types.ProgramChecker;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Loads litmus files: reads, parses and checks them. Prints nothing and runs nothing.
public final class LitmusLoader {
    private LitmusLoader() {}

    /// {@return the test in the file at `path`}
    ///
    /// @throws MalformedLitmusException with everything that is wrong with it, up to ten diagnostics
    public static LitmusTest load(Path path, Modelled modelled) throws MalformedLitmusException {
        return load(SourceFile.read(path), modelled);
    }

    /// {@return the test in a text; `fileName` stands in messages}
    ///
    /// @throws MalformedLitmusException with everything that is wrong with it, up to ten diagnostics
    public static LitmusTest parse(String fileName, String text, Modelled modelled) throws MalformedLitmusException {
        return load(new SourceFile(fileName, text), modelled);
    }

    private static LitmusTest load(SourceFile source, Modelled modelled) throws MalformedLitmusException {
        var diagnostics = new Diagnostics(source);
        ParsedFile file = FileParser.parse(diagnostics);
        MachineSpec machine = MachineChecker.check(file.machine(), modelled, diagnostics);
        Program program = ProgramChecker.check(file, modelled, diagnostics);
        checkPlacements(program, machine, diagnostics);
        Optional<Condition> condition =
                file.condition().map(syntax -> ConditionChecker.check(syntax, program, diagnostics));
        List<Expectation> expectations = ExpectationChecker.check(file.expectations(), modelled, diagnostics);
        diagnostics.throwIfAny();
        Optional<String> doc = file.doc().map(Word::text);
        return new LitmusTest(source, file.name().text(), doc, machine, program, condition,
                ConditionChecker.observables(program, condition, doc.orElse("")), expectations);
    }

    private static void checkPlacements(Program program, MachineSpec machine, Diagnostics diagnostics) {
        int cpus = machine.cpus().orElse(program.threads().size());
        for (Body thread : program.threads()) {
            int node = thread.placement().node();
            int cpu = thread.placement().cpu().orElse(0);
            if (node > machine.nodes()) {
                diagnostics.report(thread.span(), thread.name() + " runs on machine " + node + " of " + machine.nodes(),
                        "'mount gfs2 PATH nodes=" + node + ";' in the machine description");
            }
            if (cpu >= cpus) {
                diagnostics.report(thread.span(), thread.name() + " runs on processor " + cpu + " of " + cpus,
                        "a processor from 0 to " + (cpus - 1));
            }
        }
    }
}
