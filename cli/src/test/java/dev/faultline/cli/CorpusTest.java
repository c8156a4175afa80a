package dev.faultline.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.faultline.explore.ExploreOptions;
import dev.faultline.explore.strategy.StrategyChoice;
import dev.faultline.history.UnknownKernelException;
import dev.faultline.litmus.load.LitmusTest;
import dev.faultline.litmus.verdict.Check;
import dev.faultline.litmus.verdict.CheckOptions;
import dev.faultline.litmus.verdict.KernelChoice;
import dev.faultline.live.compare.Comparison;
import dev.faultline.live.run.Histogram;
import dev.faultline.machine.schedule.SetUpFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The tables of `zoo/live`, `zoo/threads` and `zoo/uffd-checklist`: what the model allows has not changed since, and what a host showed
/// is among it.
class CorpusTest {
    private static final Path ZOO = Path.of("../zoo");

    /// What a table says of a test.
    ///
    /// @param allowed  the outcomes of the model
    /// @param observed those of the host
    /// @param whole    whether the model was explored to the end
    private record Table(TreeSet<String> allowed, TreeSet<String> observed, boolean whole) {
        static Table empty() {
            return new Table(new TreeSet<>(), new TreeSet<>(), true);
        }
    }

    private static Map<String, Table> tables(Path table) throws IOException {
        Map<String, Table> tables = new TreeMap<>();
        Table test = Table.empty();
        String name = "";
        for (String line : Files.readAllLines(table)) {
            if (line.contains(" on Linux ")) {
                test = Table.empty();
                name = line.substring(0, line.indexOf(" on Linux "));
                tables.put(name, test);
            } else if (line.contains(", as far as it was explored: ")) {
                tables.put(name, new Table(test.allowed(), test.observed(), false));
            } else if (line.startsWith("   ") && line.endsWith("allowed")) {
                String[] words = line.strip().split(" {2,}");
                test.allowed().add(words[1]);
                if (!words[0].equals("never")) {
                    test.observed().add(words[1]);
                }
            }
        }
        return tables;
    }

    private static TreeSet<String> allowed(Path file, String fileSystem, StrategyChoice strategy) throws UnknownKernelException, SetUpFailed {
        LitmusTest test = Tests.load(file, Optional.of(fileSystem), Terminal.ofProcess()).orElseThrow();
        CheckOptions options = new CheckOptions(strategy, ExploreOptions.DEFAULT.withMinimiseBudget(0));
        Comparison comparison = Comparison.of(Check.run(test, new KernelChoice("v6.18", List.of()), options, Budget::now),
                new Histogram(0, List.of(), 0, List.of(), Optional.empty()));
        TreeSet<String> allowed = new TreeSet<>();
        comparison.rows().forEach(row -> allowed.add(row.text()));
        return allowed;
    }

    @ParameterizedTest
    @ValueSource(strings = {"live/ext4", "live/xfs", "live/btrfs", "live/tmpfs", "uffd-checklist/memory", "threads/tmpfs"})
    void theModelAllowsWhatTheTablesSay(String name) throws IOException, UnknownKernelException, SetUpFailed {
        check(name).forEach((test, table) -> assertTrue(!table.observed().isEmpty(), test));
    }

    /// gfs2 wants a cluster, or at least its module: what the model allows is all that is recorded.
    @Test
    void theModelAllowsOnGfs2WhatItDid() throws IOException, UnknownKernelException, SetUpFailed {
        check("live/gfs2");
    }

    private static Map<String, Table> check(String name) throws IOException, UnknownKernelException, SetUpFailed {
        Path file = ZOO.resolve(name + ".txt");
        String fileSystem = name.substring(name.indexOf('/') + 1);
        Map<String, Table> tables = tables(file);
        assertTrue(tables.size() >= 40, "only " + tables.size() + " tests are recorded");
        for (Map.Entry<String, Table> table : tables.entrySet()) {
            Path test = file.resolveSibling(table.getKey() + ".litmus");
            String where = table.getKey() + " on " + fileSystem;
            if (table.getValue().whole()) {
                assertEquals(allowed(test, fileSystem, StrategyChoice.DPOR), table.getValue().allowed(), where);
            } else { // too much to explore: what was seen needs few preemptions
                TreeSet<String> missing = new TreeSet<>(table.getValue().observed());
                missing.removeAll(allowed(test, fileSystem, new StrategyChoice.Preemptions(1)));
                assertEquals(new TreeSet<>(), missing, where);
            }
        }
        return tables;
    }
}
