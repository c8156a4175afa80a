package dev.faultline.live.conform;

import dev.faultline.live.conform.ThreadedProgram.Action;
import java.util.List;
import java.util.SplittableRandom;

/// A program of several threads while it is drawn.
abstract class ThreadedDraft {
    static final int PAGE = 4096;
    private static final String ERRNO = " int e# = r# < 0 ? errno : 0;";

    private final SplittableRandom random;

    ThreadedDraft(SplittableRandom random) {
        this.random = random;
    }

    /// {@return what all threads find}
    abstract Scene scene();

    /// {@return something that a thread does}
    abstract Action action();

    /// {@return a number from 0 on, below that one}
    final int below(int bound) {
        return random.nextInt(bound);
    }

    final long oneOf(long... values) {
        return values[random.nextInt(values.length)];
    }

    final String oneOf(String... values) {
        return values[random.nextInt(values.length)];
    }

    final Action call(String name, String arguments) {
        return new Action(name, called(name, arguments), List.of("r#", "e#"), false);
    }

    /// {@return the call, whose answer is in the locals `r#` and `e#`}
    static String called(String name, String arguments) {
        return "long r# = " + name + "(" + arguments + ");" + ERRNO;
    }

    final Action load() {
        return new Action("load", "char c# = p[" + oneOf(0, PAGE) + "];", List.of("c#"), false);
    }

    final Action store() {
        return new Action("store", "p[" + oneOf(0, PAGE) + "] = '" + (char) ('A' + random.nextInt(20)) + "';", List.of(), false);
    }
}
