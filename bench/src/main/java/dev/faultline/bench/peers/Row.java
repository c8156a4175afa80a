package dev.faultline.bench.peers;

import java.util.List;

/// A program of the set at one size, and what is right for it.
///
/// @param size       0 where there is one size only
/// @param executions the number of Mazurkiewicz traces; for a program whose tasks can go round for ever, of executions
///                   that the explorer needs
/// @param smoke      whether the smoke test runs it: those that are done in no time
record Row(String program, int size, Verdict truth, long executions, boolean smoke) {
    /// The whole set.
    static final List<Row> ALL = List.of(
            small("abba", 0, Verdict.DEADLOCK, 3),
            small("abba-pad", 0, Verdict.DEADLOCK, 3),
            small("abba-pad", 18, Verdict.DEADLOCK, 3),
            small("abba-pad", 200, Verdict.DEADLOCK, 3),
            small("rwsem-recurse", 0, Verdict.DEADLOCK, 6),
            small("lost-wakeup", 0, Verdict.DEADLOCK, 3),
            small("phil-dl", 3, Verdict.DEADLOCK, 7),
            small("phil-dl", 8, Verdict.DEADLOCK, 255),
            large("phil-dl", 12, Verdict.DEADLOCK, 4095),
            small("phil-ok", 5, Verdict.HOLDS, 30),
            small("phil-ok", 8, Verdict.HOLDS, 254),
            large("phil-ok", 12, Verdict.HOLDS, 4094),
            small("last-zero", 5, Verdict.HOLDS, 64),
            small("last-zero", 10, Verdict.HOLDS, 3328),
            large("last-zero", 15, Verdict.HOLDS, 147_456),
            small("readers", 8, Verdict.HOLDS, 256),
            large("readers", 13, Verdict.HOLDS, 8192),
            small("indexer", 12, Verdict.HOLDS, 8),
            large("indexer", 15, Verdict.HOLDS, 4096),
            small("filesystem", 14, Verdict.HOLDS, 2),
            small("filesystem", 16, Verdict.HOLDS, 8),
            small("filesystem", 18, Verdict.HOLDS, 32),
            small("filesystem", 19, Verdict.HOLDS, 64),
            small("ainc", 6, Verdict.HOLDS, 720),
            large("ainc", 7, Verdict.HOLDS, 5040),
            small("casrot", 2, Verdict.HOLDS, 2),
            small("casrot", 3, Verdict.HOLDS, 5),
            small("casrot", 4, Verdict.HOLDS, 14),
            small("casrot", 5, Verdict.HOLDS, 43),
            small("casrot", 6, Verdict.HOLDS, 144),
            small("casrot", 7, Verdict.HOLDS, 523),
            large("casrot", 8, Verdict.HOLDS, 2048),
            small("backoff", 0, Verdict.LIVELOCK, 497),
            small("fault-in", 0, Verdict.LIVELOCK, 1),
            small("evict", 0, Verdict.HOLDS, 3),
            small("await-ok", 0, Verdict.HOLDS, 3),
            small("generic", 0, Verdict.INCOMPLETE, 1));

    private static Row small(String program, int size, Verdict truth, long executions) {
        return new Row(program, size, truth, executions, true);
    }

    private static Row large(String program, int size, Verdict truth, long executions) {
        return new Row(program, size, truth, executions, false);
    }

    /// {@return the row of that program and size}
    static Row of(String program, int size) {
        return ALL.stream().filter(row -> row.program.equals(program) && row.size == size).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such row: " + program + " " + size));
    }

    /// {@return whether there is something to find}
    boolean isViolation() {
        return truth == Verdict.DEADLOCK || truth == Verdict.LIVELOCK;
    }

    /// {@return whether it is about tasks that go round, for which some tools have a mode of their own}
    boolean isAboutLoops() {
        return List.of("backoff", "fault-in", "evict", "await-ok", "generic").contains(program);
    }

    @Override
    public String toString() {
        return size == 0 && !program.equals("abba-pad") ? program : program + " " + size;
    }
}
