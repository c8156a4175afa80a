package dev.faultline.live.conform;

import java.util.ArrayList;
import java.util.List;

/// A sequential program: the files that it finds, and what it does.
///
/// @param files what the folder holds at the start
/// @param calls the program proper
public record Program(List<InitialFile> files, List<Call> calls) {
    /// Where the memory lies that programs map and use.
    public static final long ARENA = 0x100_0000_0000L;
    /// The pages of it that programs use.
    public static final int ARENA_PAGES = 24;
    /// Where strings, vectors and answers lie.
    static final long SCRATCH = 0x200_0000_0000L;
    static final int SCRATCH_BYTES = 32 * 4096;

    private static final int PAGE = 4096;
    private static final int SHOWN_FILE_BYTES = 16 * PAGE;

    /// A file before the program runs.
    ///
    /// @param fill the byte that it is filled with, [#HOLE] for a file without a block
    public record InitialFile(String name, long sizeBytes, int fill) {
        /// No bytes of its own.
        public static final int HOLE = -1;
    }

    /// Lists of its own.
    public Program {
        files = List.copyOf(files);
        calls = List.copyOf(calls);
    }

    /// {@return the program with other calls}
    public Program withCalls(List<Call> changed) {
        return new Program(files, changed);
    }

    /// {@return the calls, and behind them those that look at all that the program left: its memory, and the size
    /// and the bytes of its files}
    public List<Call> withLook() {
        List<Call> all = new ArrayList<>(calls);
        if (calls.stream().anyMatch(Call::isProcess)) {
            all.add(Call.of(Call.EXIT)); // the parent looks
        }
        for (int page = 0; page < ARENA_PAGES; page++) {
            all.add(Call.of(Call.SHOW, ARENA + (long) page * PAGE, PAGE));
        }
        long start = SCRATCH + SCRATCH_BYTES - SHOWN_FILE_BYTES;
        for (int i = 0; i < files.size(); i++) {
            // Whatever stands in descriptor 3, the file is opened in its place.
            all.add(Call.of("close", 3));
            all.add(Call.open(files.get(i).name(), 0));
            all.add(Call.of("lseek", 3, 0, 2));
            all.add(Call.of("pread", 3, start, SHOWN_FILE_BYTES, 0));
            all.add(Call.of(Call.SHOW, start, SHOWN_FILE_BYTES));
        }
        return all;
    }
}
