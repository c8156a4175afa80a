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

/// The tables of `zoo/live` and `zoo/uffd-checklist`: what the model allows has not changed since, and what a host showed
/// is among it.
class CorpusTest {
    private static final Path ZOO = Path.of("../zoo");

    /// What a table says of a test.
    ///
    /// @param allowed  the outcomes of the model
    /// @param observed those of the host
    private record Table(TreeSet<String> allowed, TreeSet<String> observed) {}

    private static Map<String, Table> tables(Path table) throws IOException {
        Map<String, Table> tables = new TreeMap<>();
        Table test = new Table(new TreeSet<>(), new TreeSet<>());
        for (String line : Files.readAllLines(table)) {
            if (line.contains(" on Linux ")) {
                test = new Table(new TreeSet<>(), new TreeSet<>());
                tables.put(line.substring(0, line.indexOf(" on Linux ")), test);
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

    private static TreeSet<String> allowed(Path file, String fileSystem) throws UnknownKernelException, SetUpFailed {
        LitmusTest test = Tests.load(file, Optional.of(fileSystem), Terminal.ofProcess()).orElseThrow();
        CheckOptions options = new CheckOptions(StrategyChoice.DPOR, ExploreOptions.DEFAULT.withMinimiseBudget(0));
        Comparison comparison = Comparison.of(Check.run(test, new KernelChoice("v6.18", List.of()), options, Budget::now),
                new Histogram(0, List.of(), 0, List.of(), Optional.empty()));
        TreeSet<String> allowed = new TreeSet<>();
        comparison.rows().forEach(row -> allowed.add(row.text()));
        return allowed;
    }

    @ParameterizedTest
    @ValueSource(strings = {"live/ext4", "live/xfs", "live/btrfs", "live/tmpfs", "uffd-checklist/memory"})
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
            assertEquals(allowed(file.resolveSibling(table.getKey() + ".litmus"), fileSystem), table.getValue().allowed(),
                    table.getKey() + " on " + fileSystem);
        }
        return tables;
    }
}
