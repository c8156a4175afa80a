package dev.faultline.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// One schedule, one execution: what runs a schedule reads no clock, draws no unseeded number, and never walks in the
/// order of a hash table.
class DeterminismTest {
    private static final String[] MODULES = {"machine", "explore", "kernel", "history"};

    /// Types of which any use is an offence. LinkedHashMap, TreeMap and EnumMap keep an order of their own.
    private static final List<String> TYPES = List.of(
            "java.util.HashMap", "java.util.HashSet", "java.util.Hashtable", "java.util.IdentityHashMap",
            "java.util.WeakHashMap", "java.util.concurrent.ConcurrentHashMap",
            "java.util.concurrent.ThreadLocalRandom", "java.security.SecureRandom", "java.util.UUID",
            "java.time.Clock", "java.time.Instant", "java.time.LocalDateTime", "java.util.Date");

    /// Methods as `type.method`, of every signature.
    private static final List<String> METHODS = List.of(
            "java.lang.System.nanoTime", "java.lang.System.currentTimeMillis", "java.lang.System.identityHashCode",
            "java.lang.System.getenv", "java.lang.System.getProperty", "java.lang.Math.random",
            "java.util.Set.of", "java.util.Set.copyOf", "java.util.Map.of", "java.util.Map.ofEntries",
            "java.util.Map.copyOf", "java.util.random.RandomGenerator.getDefault",
            "java.util.stream.Collectors.toSet", "java.util.stream.Collectors.toUnmodifiableSet",
            "java.util.stream.Collectors.toUnmodifiableMap");

    /// Methods that are an offence with this many arguments only: with more they are told the order or the seed.
    private static final List<String> SIGNATURES = List.of(
            "java.util.Random.<init>/0", "java.util.SplittableRandom.<init>/0", "java.util.Collections.shuffle/1",
            "java.util.stream.Collectors.toMap/2", "java.util.stream.Collectors.toMap/3",
            "java.util.stream.Collectors.groupingBy/1", "java.util.stream.Collectors.groupingBy/2");

    @Test
    void nothingIsOfATypeWithoutAnOrderOrSeed() {
        types().check();
    }

    @Test
    void nothingIsCalledThatDiffersFromRunToRun() {
        calls().check();
    }

    @Test
    void offendersBreakTheRules() {
        JavaClasses offender = new ClassFileImporter().importClasses(Offender.class);
        String found = String.join("\n", Stream.concat(
                types().offences().apply(offender.get(Offender.class)),
                calls().offences().apply(offender.get(Offender.class))).toList());
        List<String> expected = List.of("java.util.HashMap", "java.util.HashSet", "java.time.Instant",
                "ThreadLocalRandom.current()", "System.nanoTime()", "System.identityHashCode(", "Set.of()", "Map.of(",
                "Random.<init>()", "SplittableRandom.<init>()", "Collections.shuffle(", "Collectors.toSet()",
                "Collectors.groupingBy(", "Math.random()", "System.currentTimeMillis()");
        assertEquals(List.of(), expected.stream().filter(offence -> !found.contains(offence)).toList(), found);
    }

    @Test
    void whatKeepsAnOrderOrASeedIsAllowed() {
        JavaClass orderly = new ClassFileImporter().importClasses(Orderly.class).get(Orderly.class);
        assertEquals(List.of(), Stream.concat(
                types().offences().apply(orderly), calls().offences().apply(orderly)).toList());
    }

    private static Rule types() {
        return new Rule("one schedule, one execution: no hash tables, clocks or unseeded randoms", Rule.in(MODULES),
                Rule.dependenciesOn(type -> TYPES.contains(type.getName())));
    }

    private static Rule calls() {
        return new Rule("one schedule, one execution: nothing that differs from run to run", Rule.in(MODULES),
                Rule.usesOf(DeterminismTest::differsFromRunToRun));
    }

    private static boolean differsFromRunToRun(AccessTarget target) {
        String name = target.getOwner().getName() + "." + target.getName();
        return METHODS.contains(name)
                || target instanceof AccessTarget.CodeUnitAccessTarget method
                        && SIGNATURES.contains(name + "/" + method.getRawParameterTypes().size());
    }

    /// Breaks the rules, so that they are seen to be more than words. Nothing runs it.
    @SuppressWarnings("unused")
    private static final class Offender {
        private final Map<String, Integer> names = new HashMap<>();

        List<Object> offend(List<Object> list) {
            Collections.shuffle(list);
            Supplier<Set<String>> make = HashSet::new;
            Supplier<Random> random = Random::new;
            Supplier<Long> clock = System::currentTimeMillis;
            return new ArrayList<>(List.of(make.get(), random.get(), clock.get(), names, Instant.EPOCH, Set.of(),
                    Map.of("", 1), System.nanoTime(), System.identityHashCode(this), new SplittableRandom(),
                    list.stream().collect(Collectors.toSet()), Math.random(), ThreadLocalRandom.current().nextInt(),
                    list.stream().collect(Collectors.groupingBy(Object::toString))));
        }
    }

    /// Keeps to the rules. Nothing runs it.
    @SuppressWarnings("unused")
    private static final class Orderly {
        private final Map<String, Integer> inserted = new LinkedHashMap<>();
        private final TreeMap<String, List<Object>> sorted = new TreeMap<>();

        List<Object> keep(List<Object> list, long seed) {
            sorted.putAll(list.stream()
                    .collect(Collectors.groupingBy(Object::toString, TreeMap::new, Collectors.toList())));
            inserted.put("", sorted.size());
            Collections.shuffle(list, new Random(seed));
            return List.of(inserted, sorted, List.of(), list);
        }
    }
}
