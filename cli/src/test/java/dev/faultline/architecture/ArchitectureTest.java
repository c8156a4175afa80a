package dev.faultline.architecture;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Which part of the tree may see which. Between modules module-info says so; here is what it cannot say.
class ArchitectureTest {
    /// The packages of a module, lowest first: each uses only those before it. A parent and its child are two
    /// packages; `fs.*` stands for every file system, none of which uses another. `fs.disk` is what those on
    /// disks stand on.
    private static final List<PackageOrder> ORDERS = List.of(
            new PackageOrder("machine", List.of("task", "shared", "schedule")),
            new PackageOrder("explore", List.of("strategy", "verdict", "")),
            new PackageOrder("live", List.of("host", "translate", "run", "compare", "conform")),
            new PackageOrder("kernel", List.of("uapi", "lib", "arch", "swap", "mm", "iov", "block", "pagecache", "fs", "iomap",
                    "dax", "uffd", "fs.disk", "fs.*", "daemon", "signal", "kvm", "syscall")));

    @Test
    void everySourceFileIsAmongTheClassesThatTheRulesRead() {
        JavaClasses classes = Tree.classes();
        List<String> declared = Tree.declaredClasses();
        assertFalse(declared.isEmpty(), "no sources found");
        assertEquals(List.of(), declared.stream().filter(name -> !classes.contain(name)).toList());
    }

    @Test
    void packagesUseOnlyThoseBelowThem() {
        for (PackageOrder order : ORDERS) {
            order.rule().check();
        }
    }

    @Test
    void packagesFormNoCycle() {
        slices().matching("dev.faultline.(**)").should().beFreeOfCycles().allowEmptyShould(true).check(Tree.classes());
    }

    @Test
    void kernelAndExploreNeverSeeEachOther() {
        apart("kernel", "explore").check();
        apart("explore", "kernel").check();
    }

    @Test
    void onlyTheCommandLinePrintsOrExits() {
        printing().check();
    }

    @Test
    void theModelKnowsNoThreads() {
        threads().check();
    }

    @Test
    void explorationsShareNoState() {
        // What ANTLR generates is not ours to shape.
        new Rule("no static mutable state (design.md, machine and explore)",
                javaClass -> !javaClass.getPackageName().equals("dev.faultline.litmus.grammar"), Rule::mutableStatics)
                .check();
    }

    /// Four ways to print or exit; a thread-local's field, its making and its reading; one static counter.
    @Test
    void rulesAreBrokenByTheirOffender() {
        JavaClasses classes = new ClassFileImporter().importClasses(Offender.class);
        assertEquals(4, everywhere(printing()).broken(classes).size());
        assertEquals(3, everywhere(threads()).broken(classes).size());
        assertEquals(1, new Rule("", _ -> true, Rule::mutableStatics).broken(classes).size());
    }

    @Test
    void packageOrderKnowsAboveFromBelow() {
        PackageOrder kernel = ORDERS.getLast();
        assertEquals(Optional.empty(), kernel.complaint("fs.gfs2", "pagecache"));
        assertEquals(Optional.empty(), kernel.complaint("fs.gfs2", "fs.gfs2"));
        assertEquals(Optional.of("is above it"), kernel.complaint("pagecache", "fs"));
        assertEquals(Optional.of("is above it"), kernel.complaint("fs", "fs.gfs2"));
        assertEquals(Optional.of("is another file system"), kernel.complaint("fs.gfs2", "fs.ext4"));
        assertEquals(Optional.of("has no place in the order"), kernel.complaint("mm", "util"));
    }

    private static Rule apart(String from, String to) {
        return new Rule(from + " never sees " + to + ": they meet in machine", Rule.in(from),
                Rule.dependenciesOn(Rule.in(to)::test));
    }

    private static Rule printing() {
        return new Rule("only cli prints or exits", Rule.in("cli").negate(), Rule.usesOf(ArchitectureTest::prints));
    }

    private static boolean prints(AccessTarget target) {
        String owner = target.getOwner().getName();
        return switch (target.getName()) {
            case "out", "err", "in" -> owner.equals("java.lang.System");
            case "exit", "halt" -> owner.equals("java.lang.System") || owner.equals("java.lang.Runtime");
            case "printStackTrace" -> target.getOwner().isAssignableTo(Throwable.class);
            default -> false;
        };
    }

    private static Rule threads() {
        return new Rule("tasks are the machine's: no threads in kernel and history", Rule.in("kernel", "history"),
                Rule.dependenciesOn(ArchitectureTest::isOfThreads));
    }

    private static boolean isOfThreads(JavaClass type) {
        return type.getName().startsWith("java.lang.Thread") || Rule.isWithin(type, "java.util.concurrent");
    }

    private static Rule everywhere(Rule rule) {
        return new Rule(rule.name(), _ -> true, rule.offences());
    }

    /// The packages of one module by their names below its root, lowest first.
    private record PackageOrder(String module, List<String> packages) {
        Rule rule() {
            return new Rule("packages use only those below them (style.md, the table): " + String.join(" < ", packages),
                    Rule.in(module), this::offences);
        }

        private Stream<String> offences(JavaClass type) {
            return type.getDirectDependenciesFromSelf().stream()
                    .filter(dependency -> Rule.in(module).test(dependency.getTargetClass()))
                    .flatMap(dependency -> complaint(nameOf(type), nameOf(dependency.getTargetClass())).stream()
                            .map(complaint -> dependency.getDescription() + ": " + complaint));
        }

        /// {@return why a class of package `from` may not use one of package `to`, if so}
        Optional<String> complaint(String from, String to) {
            if (rank(from) < 0 || rank(to) < 0) {
                return Optional.of("has no place in the order");
            }
            if (rank(to) > rank(from)) {
                return Optional.of("is above it");
            }
            boolean beside = rank(to) == rank(from) && !from.equals(to);
            return beside ? Optional.of("is another file system") : Optional.empty();
        }

        private int rank(String name) {
            int exact = packages.indexOf(name);
            return exact < 0 && name.startsWith("fs.") ? packages.indexOf("fs.*") : exact;
        }

        private String nameOf(JavaClass type) {
            String root = "dev.faultline." + module;
            return type.getPackageName().equals(root) ? "" : type.getPackageName().substring(root.length() + 1);
        }
    }

    /// Breaks the rules, so that they are seen to be more than words. Nothing runs it.
    @SuppressWarnings("unused")
    private static final class Offender {
        private static int counter;
        private final ThreadLocal<Integer> mine = new ThreadLocal<>();

        void offend(Exception problem) {
            System.out.println(counter++ + mine.get());
            Runnable print = problem::printStackTrace;
            print.run();
            Runtime.getRuntime().halt(0);
            System.exit(1);
        }
    }
}
