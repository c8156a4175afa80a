package dev.faultline.mutants;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.function.BooleanSupplier;

/// A test of the kernel.
record UnitTrial(Method method) implements Trial {
    @Override
    public String name() {
        return "test: " + method.getDeclaringClass().getSimpleName() + "." + method.getName();
    }

    @Override
    public boolean passes(BooleanSupplier stop) {
        try {
            Constructor<?> constructor = method.getDeclaringClass().getDeclaredConstructor();
            constructor.setAccessible(true);
            method.setAccessible(true);
            method.invoke(constructor.newInstance());
            return true;
        } catch (InvocationTargetException noticed) {
            return false;
        } catch (ReflectiveOperationException strange) {
            throw new AssertionError(strange);
        }
    }
}
