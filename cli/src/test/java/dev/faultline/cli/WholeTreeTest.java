package dev.faultline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.explore.strategy.BruteForce;
import dev.faultline.explore.strategy.Dpor;
import dev.faultline.explore.strategy.Strategy;
import dev.faultline.explore.verdict.Judge;
import dev.faultline.kernel.lib.Parts;
import dev.faultline.litmus.load.LitmusLoader;
import dev.faultline.litmus.run.LitmusProgram;
import dev.faultline.litmus.run.Setup;
import dev.faultline.litmus.syntax.MalformedLitmusException;
import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.task.Finding;
import dev.faultline.machine.task.Kind;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Programs with an userfaultfd that are so small that every interleaving can be run: the search that leaves out what it
/// takes for the same finds every outcome and every deadlock, and runs far less.
class WholeTreeTest {
    private static final int STEP_BOUND = 10_000;
    private static final int MOST_EXECUTIONS = 20_000;

    private static final String BEFORE = """
            C small
            {
            }
            char *p;
            int uffd;
            struct uffd_msg msg;
            struct pollfd fds;
            init() {
              struct uffdio_api api = {.api = UFFD_API, .features = UFFD_FEATURE_EVENT_REMOVE};
              p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              uffd = userfaultfd(O_NONBLOCK);
              ioctl(uffd, UFFDIO_API, &api);
              struct uffdio_register reg = {.range = {.start = (unsigned long)p, .len = 4096}, .mode = UFFDIO_REGISTER_MODE_MISSING};
              ioctl(uffd, UFFDIO_REGISTER, &reg);
              msg.event = 0;
              fds.fd = uffd;
              fds.events = POLLIN;
            }
            """;

    /// What a strategy saw.
    private record Seen(TreeSet<String> results, int executions) {}

    private static Seen explore(LitmusProgram program, Strategy strategy) {
        TreeSet<String> results = new TreeSet<>();
        int executions = 0;
        boolean more = strategy.next(true);
        while (more) {
            strategy.begin();
            Execution execution = Execution.start(program, strategy, STEP_BOUND, null);
            more = strategy.plan(execution.machine());
            if (!strategy.wasRedundant()) {
                executions++;
                List<Finding> ended = Judge.ending(execution);
                execution.finish();
                results.add(execution.ending() + " " + execution.outcome()
                        + Judge.all(ended, execution).stream().map(Finding::kind).map(Kind::toString).sorted().toList());
            }
            assertTrue(executions < MOST_EXECUTIONS, "too large: " + results);
        }
        return new Seen(results, executions);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "P0() { char c = p[0]; } P1() { ssize_t r = read(uffd, &msg, 32); }",
        "P0() { int n = poll(&fds, 1, -1); } P1() { int done = close(uffd); }",
        "P0() { int gone = madvise(p, 4096, MADV_DONTNEED); } P1() { int n = poll(&fds, 1, -1); }",
        "P0() { ssize_t r = read(uffd, &msg, 32); } P1() { ssize_t r = read(uffd, &msg, 32); }",
    })
    void theSearchFindsWhatAllInterleavingsComeTo(String tasks) throws MalformedLitmusException {
        LitmusProgram program = new LitmusProgram(LitmusLoader.parse("small.litmus", BEFORE + tasks, Setup.modelled()), Parts.TODAY);
        Seen reduced = explore(program, new Dpor());
        Seen all = explore(program, new BruteForce());
        assertEquals(all.results(), reduced.results(), tasks);
        assertTrue(reduced.executions() * 10 < all.executions(), reduced + " of " + all);
    }
}
