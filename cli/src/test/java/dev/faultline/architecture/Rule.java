package dev.faultline.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/// Something that the classes in `scope` must not do. `offences` says where a class does it, in words.
record Rule(String name, Predicate<JavaClass> scope, Function<JavaClass, Stream<String>> offences) {

    /// {@return what of `classes` breaks this rule, each with the rule's name}
    List<String> broken(Iterable<JavaClass> classes) {
        return StreamSupport.stream(classes.spliterator(), false)
                .filter(scope)
                .flatMap(offences)
                .map(offence -> offence + "\n    breaks: " + name)
                .distinct()
                .sorted()
                .toList();
    }

    /// Fails with every offence if the shipped classes break this rule.
    void check() {
        assertEquals("", String.join("\n", broken(Tree.classes())));
    }

    /// {@return the classes of `modules`}
    static Predicate<JavaClass> in(String... modules) {
        return type -> Stream.of(modules).anyMatch(module -> isWithin(type, "dev.faultline." + module));
    }

    /// {@return whether `type` is of the package `root` or of one below it}
    static boolean isWithin(JavaClass type, String root) {
        return type.getPackageName().equals(root) || type.getPackageName().startsWith(root + ".");
    }

    /// {@return where a class names, extends, calls or holds a type for which `forbidden` holds}
    static Function<JavaClass, Stream<String>> dependenciesOn(Predicate<JavaClass> forbidden) {
        return type -> type.getDirectDependenciesFromSelf().stream()
                .filter(dependency -> forbidden.test(dependency.getTargetClass().getBaseComponentType()))
                .map(Dependency::getDescription);
    }

    /// {@return where a class calls, reads or refers to a member for which `forbidden` holds}
    static Function<JavaClass, Stream<String>> usesOf(Predicate<AccessTarget> forbidden) {
        return type -> Stream.<JavaAccess<?>>concat(
                        type.getAccessesFromSelf().stream(),
                        type.getCodeUnits().stream().flatMap(Rule::references))
                .filter(access -> forbidden.test(access.getTarget()))
                .map(JavaAccess::getDescription);
    }

    private static Stream<JavaAccess<?>> references(JavaCodeUnit unit) {
        return Stream.concat(
                unit.getMethodReferencesFromSelf().stream(), unit.getConstructorReferencesFromSelf().stream());
    }

    /// {@return the static fields of a class that can be assigned again}
    static Stream<String> mutableStatics(JavaClass type) {
        return type.getFields().stream()
                .filter(field -> field.getModifiers().contains(JavaModifier.STATIC))
                .filter(field -> !field.getModifiers().contains(JavaModifier.FINAL))
                .map(field -> field.getDescription());
    }
}
