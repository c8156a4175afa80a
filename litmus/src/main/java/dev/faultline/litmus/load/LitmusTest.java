package dev.faultline.litmus.load;

import dev.faultline.litmus.condition.Condition;
import dev.faultline.litmus.condition.Observable;
import dev.faultline.litmus.expect.Expectation;
import dev.faultline.litmus.setup.MachineSpec;
import dev.faultline.litmus.syntax.SourceFile;
import dev.faultline.litmus.types.Program;
import java.util.List;
import java.util.Optional;

/// A litmus file in which everything that can be checked without running it is as it should be.
///
/// @param observables what outcomes tell: what the condition and the doc string name, or where there is no
///   condition, the outermost scalar locals of all threads
public record LitmusTest(
        SourceFile source,
        String name,
        Optional<String> doc,
        MachineSpec machine,
        Program program,
        Optional<Condition> condition,
        List<Observable> observables,
        List<Expectation> expectations) {

    /// {@return the test as an `expect` line asks for it: on the architecture that the line names}
    public LitmusTest as(Expectation expectation) {
        return new LitmusTest(source, name, doc, expectation.architecture().map(machine::on).orElse(machine), program,
                condition, observables, expectations);
    }

    /// {@return how many processors the machine has: as its description says, or one a thread}
    public int cpus() {
        return machine.cpus().orElse(program.threads().size());
    }
}
