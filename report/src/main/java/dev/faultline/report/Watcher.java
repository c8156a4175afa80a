package dev.faultline.report;

import dev.faultline.kernel.lib.Models;
import dev.faultline.machine.task.Access;
import dev.faultline.machine.task.Recorder;
import dev.faultline.machine.task.Task;
import java.lang.StackWalker.Option;
import java.lang.StackWalker.StackFrame;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Writes down each step of an execution, with the kernel functions that are on the stack.
final class Watcher implements Recorder {
    private static final StackWalker WALKER = StackWalker.getInstance(Option.RETAIN_CLASS_REFERENCE);

    private final Map<Long, List<String>> pending = new TreeMap<>();
    private final List<Recording.Step> steps = new ArrayList<>();
    private boolean exploring;

    List<Recording.Step> steps() {
        return steps;
    }

    List<String> pendingChain(Task task) {
        return pending.getOrDefault(task.stableName(), List.of());
    }

    @Override
    public void announced(Task task) {
        pending.put(task.stableName(), chain());
    }

    @Override
    public void stepped(Task task) {
        if (task.name().equals("init") || task.name().equals("final")) {
            exploring = false;
            return;
        }
        if (!exploring) {
            steps.clear(); // daemons ran along with init
            exploring = true;
        }
        List<String> objects = new ArrayList<>();
        if (task.objectIndex() >= 0) {
            objects.add(task.object().label());
        }
        steps.add(new Recording.Step(task.id(), pendingChain(task), word(task.access()), objects, new ArrayList<>()));
    }

    private static String word(Access access) {
        return switch (access) {
            case READ -> "look at";
            case WRITE -> "change";
            case ADD -> "add to";
            case AWAIT -> "wait for";
            case ACQUIRE -> "+";
            case ACQUIRE_SHARED -> "+ (read)";
            case QUEUE -> "queue for";
            case ACQUIRE_QUEUED -> "+ (write)";
            case RELEASE, RELEASE_SHARED -> "-";
            case TRY -> "try";
            case LOCAL -> "go on";
        };
    }

    @Override
    public void noted(Task task, String text) {
        addNote(text);
    }

    @Override
    public void retried(Task task, String site) {
        addNote("starts over: " + site);
    }

    private void addNote(String text) {
        if (!steps.isEmpty()) {
            steps.getLast().notes().add(text);
        }
    }

    /// {@return the kernel functions on the stack, outermost first}
    static List<String> chain() {
        List<String> chain = new ArrayList<>(WALKER.walk(frames -> frames.map(Watcher::symbol)
                .filter(symbol -> !symbol.isEmpty()).toList()));
        Collections.reverse(chain);
        return chain;
    }

    private static String symbol(StackFrame frame) {
        if (!frame.getDeclaringClass().getName().startsWith("dev.faultline.")) {
            return "";
        }
        return Arrays.stream(frame.getDeclaringClass().getDeclaredMethods())
                .filter(method -> method.getName().equals(frame.getMethodName())
                        && Arrays.equals(method.getParameterTypes(), frame.getMethodType().parameterArray()))
                .map(Watcher::modelled).findFirst().orElse("");
    }

    private static String modelled(Method method) {
        Models models = method.getAnnotation(Models.class);
        return models == null ? "" : models.symbol();
    }
}
