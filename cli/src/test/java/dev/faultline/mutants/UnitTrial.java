package dev.faultline.mutants;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A test of the kernel.
///
/// @param arguments what it is tried with
record UnitTrial(Method method, List<Object> arguments) implements Trial {
    /// {@return the trials of a method; none if it is no test}
    static Stream<Trial> of(Method method) {
        if (method.isAnnotationPresent(Test.class)) {
            return Stream.of(new UnitTrial(method, List.of()));
        }
        Stream<String> values = Stream.ofNullable(method.getAnnotation(ValueSource.class))
                .flatMap(source -> Stream.of(source.strings()));
        Stream<Object> constants = Stream.ofNullable(method.getAnnotation(EnumSource.class))
                .flatMap(source -> Arrays.stream(method.getParameterTypes()[0].getEnumConstants())
                        .filter(constant -> source.names().length == 0
                                || List.of(source.names()).contains(((Enum<?>) constant).name())));
        return Stream.concat(values, constants).map(value -> new UnitTrial(method, List.of(value)));
    }

    @Override
    public String name() {
        return "test: " + method.getDeclaringClass().getSimpleName() + "." + method.getName()
                + (arguments.isEmpty() ? "" : arguments.toString());
    }

    @Override
    public boolean passes(BooleanSupplier stop) {
        try {
            Constructor<?> constructor = method.getDeclaringClass().getDeclaredConstructor();
            constructor.setAccessible(true);
            method.setAccessible(true);
            method.invoke(constructor.newInstance(), arguments.toArray());
            return true;
        } catch (InvocationTargetException noticed) {
            return false;
        } catch (ReflectiveOperationException strange) {
            throw new AssertionError(strange);
        }
    }
}
