package dev.faultline.live.conform;

import dev.faultline.kernel.lib.Models;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodType;
import java.lang.module.ModuleReader;
import java.lang.module.ResolvedModule;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordingFile;

/// Which functions of Linux programs come through on the model. The JVM's flight recorder counts every invocation of a
/// method that models one, so that none is missed.
public final class Functions {
    private static final String KERNEL = "dev.faultline.kernel";
    private static final String COUNTER = "jdk.MethodTiming";

    private final TreeSet<String> reached;

    private Functions(TreeSet<String> reached) {
        this.reached = reached;
    }

    /// A count that goes on.
    public static final class Count implements AutoCloseable {
        private final Optional<Recording> recording;

        private Count(Optional<Recording> recording) {
            this.recording = recording;
        }

        /// {@return what was reached since it began; nothing where the JVM cannot count}
        public Optional<Functions> end() {
            return recording.map(running -> {
                running.stop();
                return new Functions(invoked(running));
            });
        }

        @Override
        public void close() {
            recording.ifPresent(Recording::close);
        }
    }

    /// {@return a count that begins now}
    public static Count count() {
        boolean counts = FlightRecorder.isAvailable()
                && FlightRecorder.getFlightRecorder().getEventTypes().stream().anyMatch(type -> type.getName().equals(COUNTER));
        if (!counts) {
            return new Count(Optional.empty());
        }
        Recording recording = new Recording();
        recording.enable(COUNTER).with("filter", "@" + Models.class.getName()).with("period", "endChunk");
        recording.start();
        return new Count(Optional.of(recording));
    }

    private static TreeSet<String> invoked(Recording recording) {
        TreeSet<String> reached = new TreeSet<>();
        try {
            Path file = Files.createTempFile("faultline", ".jfr");
            try {
                recording.dump(file);
                for (RecordedEvent event : RecordingFile.readAllEvents(file)) {
                    if (event.getEventType().getName().equals(COUNTER) && event.getLong("invocations") > 0) {
                        RecordedMethod method = event.getValue("method");
                        String name = method.getName() + method.getDescriptor();
                        reached.add(functions(declaring(method.getType().getName())).get(name));
                    }
                }
            } finally {
                Files.delete(file);
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        return reached;
    }

    /// {@return what the methods of a class model, by name and descriptor}
    private static TreeMap<String, String> functions(Class<?> declaring) {
        TreeMap<String, String> functions = new TreeMap<>();
        for (Method method : declaring.getDeclaredMethods()) {
            add(functions, method, method.getName(), MethodType.methodType(method.getReturnType(), method.getParameterTypes()));
        }
        for (Constructor<?> made : declaring.getDeclaredConstructors()) {
            add(functions, made, "<init>", MethodType.methodType(void.class, made.getParameterTypes()));
        }
        return functions;
    }

    private static void add(TreeMap<String, String> functions, Executable method, String name, MethodType type) {
        Models models = method.getAnnotation(Models.class);
        if (models != null) {
            functions.put(name + type.descriptorString(), models.file() + ": " + models.symbol());
        }
    }

    /// {@return those that were reached, each with its file}
    public List<String> reached() {
        return List.copyOf(reached);
    }

    /// {@return those of the model that were not reached; nothing where it does not run as a module}
    public List<String> never() {
        TreeSet<String> all = new TreeSet<>();
        ModuleLayer.boot().configuration().findModule(KERNEL).ifPresent(module ->
                classes(module).forEach(name -> all.addAll(functions(declaring(name)).values())));
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
}
