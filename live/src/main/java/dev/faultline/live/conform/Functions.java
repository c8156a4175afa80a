package dev.faultline.live.conform;

import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Recorder;
import dev.faultline.machine.task.Task;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.StackWalker.Option;
import java.lang.StackWalker.StackFrame;
import java.lang.module.ModuleReader;
import java.lang.module.ResolvedModule;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/// Which functions of Linux programs come through on the model: those that are on the stack of a step.
public final class Functions implements Recorder {
    private static final StackWalker WALKER = StackWalker.getInstance(Option.RETAIN_CLASS_REFERENCE);
    private static final String KERNEL = "dev.faultline.kernel";

    private final TreeSet<String> reached = new TreeSet<>();
    private final TreeMap<String, Optional<String>> known = new TreeMap<>();

    @Override
    public void announced(Task task) {
        WALKER.<Void>walk(frames -> {
            frames.filter(frame -> frame.getClassName().startsWith(KERNEL))
                    .forEach(frame -> function(frame).ifPresent(reached::add));
            return null;
        });
    }

    private Optional<String> function(StackFrame frame) {
        return known.computeIfAbsent(frame.getClassName() + "." + frame.getMethodName() + frame.getDescriptor(),
                _ -> Arrays.stream(frame.getDeclaringClass().getDeclaredMethods())
                        .filter(method -> method.getName().equals(frame.getMethodName())
                                && Arrays.equals(method.getParameterTypes(), frame.getMethodType().parameterArray()))
                        .flatMap(Functions::modelled).findFirst());
    }

    private static Stream<String> modelled(Method method) {
        return Stream.ofNullable(method.getAnnotation(Models.class)).map(models -> models.file() + ": " + models.symbol());
    }

    /// {@return those that were reached, each with its file}
    public List<String> reached() {
        return List.copyOf(reached);
    }

    /// {@return those of the model that were not reached; nothing where it does not run as a module}
    public List<String> never() {
        TreeSet<String> all = new TreeSet<>();
        ModuleLayer.boot().configuration().findModule(KERNEL).ifPresent(module -> classes(module).forEach(
                name -> Arrays.stream(declaring(name).getDeclaredMethods()).flatMap(Functions::modelled).forEach(all::add)));
        all.removeAll(reached);
        return List.copyOf(all);
    }

    private static List<String> classes(ResolvedModule module) {
        try (ModuleReader reader = module.reference().open(); Stream<String> entries = reader.list()) {
            return entries.filter(entry -> entry.endsWith(".class") && entry.contains("/") && !entry.endsWith("package-info.class"))
                    .map(entry -> entry.substring(0, entry.length() - ".class".length()).replace('/', '.')).toList();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static Class<?> declaring(String name) {
        try {
            return Class.forName(name, false, Models.class.getClassLoader());
        } catch (ClassNotFoundException gone) {
            throw new AssertionError("the module lists a class that it does not have", gone);
        }
    }

    /// {@return how many were reached and not, for each folder of the source tree}
    public List<String> byFolder() {
        TreeMap<String, int[]> counts = new TreeMap<>();
        reached.forEach(function -> counts.computeIfAbsent(folder(function), _ -> new int[2])[0]++);
        never().forEach(function -> counts.computeIfAbsent(folder(function), _ -> new int[2])[1]++);
        List<String> lines = new ArrayList<>();
        counts.forEach((folder, count) -> lines.add(folder + " " + count[0] + " of " + (count[0] + count[1])));
        return lines;
    }

    private static String folder(String function) {
        return function.substring(0, function.indexOf(':')).replaceFirst("/[^/]*$", "");
    }

    @Override
    public void stepped(Task task) {}

    @Override
    public void noted(Task task, String text) {}

    @Override
    public void retried(Task task, String site) {}
}
