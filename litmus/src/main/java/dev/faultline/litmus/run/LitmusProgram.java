package dev.faultline.litmus.run;

import dev.faultline.kernel.lib.Parts;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.types.Body;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.task.Machine;
import java.util.List;
import java.util.Optional;

/// A litmus test on a kernel, as something to explore. The bodies are compiled once; each execution boots
/// machines of its own.
public final class LitmusProgram implements Program {
    private final LitmusTest test;
    private final Parts parts;
    private final Optional<Action> init;
    private final List<Action> threads;
    private final Optional<Action> last;

    /// The test, on a kernel with those parts.
    public LitmusProgram(LitmusTest test, Parts parts) {
        this.test = test;
        this.parts = parts;
        Compiler compiler = new Compiler(test.program().readOnly());
        this.init = test.program().init().map(body -> compiler.compile(body.code()));
        this.threads = test.program().threads().stream().map(Body::code).map(compiler::compile).toList();
        this.last = test.program().last().map(body -> compiler.compile(body.code()));
    }

    /// {@return the test}
    public LitmusTest test() {
        return test;
    }

    Parts parts() {
        return parts;
    }

    /// {@return the code of a body}
    Action code(Body body) {
        int thread = test.program().threads().indexOf(body);
        if (thread >= 0) {
            return threads.get(thread);
        }
        boolean first = test.program().init().filter(body::equals).isPresent();
        return (first ? init : last).orElseThrow();
    }

    Optional<Action> init() {
        return init;
    }

    List<Action> threads() {
        return threads;
    }

    Optional<Action> last() {
        return last;
    }

    @Override
    public World boot(Machine machine) {
        return new LitmusWorld(this, machine);
    }
}
