package dev.faultline.explore;

import dev.faultline.explore.strategy.Dpor;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.schedule.SetUpFailed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Several explorers that go through one tree, each in a thread of its own, and one that looks after them: tells the
/// progress and ends it all.
final class Crew {
    private static final long LOOK_EVERY_MILLIS = 20;
    private static final double UNIT = 0x1p62;

    private final Program program;
    private final Dpor tree;
    private final ExploreOptions options;
    private final Tally before;
    private final List<Dpor> explorers = new ArrayList<>();
    private final List<Tally> tallies = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong begun = new AtomicLong();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    // The part of the tree that each explorer has done of its present subtree, in units of 2^-62.
    private final AtomicLongArray done;
    private volatile boolean enough;
    private volatile boolean violated;

    Crew(Program program, Dpor tree, ExploreOptions options, Tally before) {
        this.program = program;
        this.tree = tree;
        this.options = options;
        this.before = before;
        this.done = new AtomicLongArray(options.threads());
    }

    Exploration explore() {
        for (int i = 0; i < options.threads(); i++) {
            Dpor explorer = i == 0 ? tree : tree.another();
            Tally tally = new Tally();
            explorers.add(explorer);
            tallies.add(tally);
            int number = i;
            threads.add(Thread.ofPlatform().name("explorer " + i).unstarted(() -> work(number)));
        }
        threads.forEach(Thread::start);
        lookAfter();
        rethrow();
        if (enough && options.saver() != Saver.NONE) {
            save();
        }
        return Explorer.result(program, tree, options, sum(), !enough);
    }

    private void work(int number) {
        Dpor explorer = explorers.get(number);
        Tally tally = tallies.get(number);
        try {
            boolean more = explorer.next(true);
            while (more && !enough) {
                explorer.rest();
                enough = enough || begun.incrementAndGet() + before.executions() + before.blocked()
                        > options.executionLimit();
                if (!enough) {
                    more = Explorer.run(program, explorer, options, tally) || explorer.next(false);
                    violated = violated || tally.isViolated();
                    done.lazySet(number, more ? (long) (UNIT * explorer.doneOfOwn()) : 0);
                }
            }
        } catch (Throwable thrown) { // rethrown in the thread that asked for the exploration
            failure.compareAndSet(null, thrown);
            enough = true;
        } finally {
            if (enough) {
                tree.stop();
            }
        }
    }

    private void lookAfter() {
        try {
            for (Thread thread : threads) {
                while (!thread.join(Duration.ofMillis(LOOK_EVERY_MILLIS))) {
                    look();
                }
            }
        } catch (InterruptedException interrupted) {
            end();
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        double fraction = tree.doneByAll();
        for (int i = 0; i < done.length(); i++) {
            fraction += done.get(i) / UNIT;
        }
        options.progress().explored(before.executions() + before.blocked() + begun.get(), Math.min(fraction, 1));
        boolean found = options.until() == ExploreOptions.Until.FIRST_VIOLATION && violated;
        if (found || options.stop().getAsBoolean()) {
            end();
        } else if (options.saver().isDue()) {
            tree.pause(this::save);
        }
    }

    private void save() {
        options.saver().save(Checkpoint.of(options.saver().program(), sum(), tree));
    }

    private void end() {
        enough = true;
        tree.stop();
    }

    private void rethrow() {
        Throwable thrown = failure.get();
        switch (thrown) {
            case null -> { }
            case SetUpFailed failed -> throw failed;
            case RuntimeException failed -> throw failed;
            case Error failed -> throw failed;
            default -> throw new IllegalStateException(thrown);
        }
    }

    private Tally sum() {
        Tally sum = new Tally();
        sum.add(before);
        tallies.forEach(sum::add);
        return sum.sorted();
    }
}
