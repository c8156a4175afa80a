package dev.faultline.live.conform;

import dev.faultline.live.conform.ThreadedProgram.Action;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// Makes programs of several threads: the same one for the same seed. Half of them use one file, in the other half calls
/// that change memory meet.
public final class ThreadedGenerator {
    /// Of one thread, and of all together: what is explored grows with every one.
    private static final int MOST_CALLS = 3;
    private static final int MOST_OF_ALL = 4;

    private final String fileSystem;

    /// Of programs for a file system.
    public ThreadedGenerator(String fileSystem) {
        this.fileSystem = fileSystem;
    }

    /// {@return the program of a seed}
    public ThreadedProgram program(long seed, int threads) {
        SplittableRandom random = new SplittableRandom(seed);
        ThreadedDraft draft = random.nextBoolean() ? new FileDraft(random, fileSystem) : new MemoryDraft(random);
        List<List<Action>> all = new ArrayList<>();
        int left = MOST_OF_ALL;
        for (int i = 0; i < threads; i++) {
            int most = Math.min(MOST_CALLS, left - (threads - 1 - i));
            List<Action> actions = new ArrayList<>();
            for (int count = 1 + random.nextInt(most); count > 0; count--) {
                actions.add(draft.action());
            }
            left -= actions.size();
            all.add(actions);
        }
        return new ThreadedProgram(draft.scene(), all);
    }
}
