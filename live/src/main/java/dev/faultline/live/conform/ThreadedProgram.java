package dev.faultline.live.conform;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// A program of several threads, as a litmus test: all that its calls return and read, and what is there at the end, are
/// one outcome.
///
/// @param scene   what they find
/// @param threads what each of them does
public record ThreadedProgram(Scene scene, List<List<Action>> threads) {
    /// The pages of each buffer.
    private static final int PAGES = 2;

    private static final int PAGE = 4096;

    /// A statement or some of a thread.
    ///
    /// @param name    the call, or `load` or `store`
    /// @param code    in C; `#` stands for what makes its names its own
    /// @param results the locals that it declares
    /// @param buffer  whether it uses a buffer of its own, `b#`
    public record Action(String name, String code, List<String> results, boolean buffer) {
        /// The same results for ever.
        public Action {
            results = List.copyOf(results);
        }
    }

    /// Lists of its own.
    public ThreadedProgram {
        threads = threads.stream().map(List::copyOf).toList();
    }

    /// {@return the program without one action}
    ThreadedProgram without(int thread, int action) {
        List<List<Action>> fewer = new ArrayList<>(threads);
        List<Action> actions = new ArrayList<>(threads.get(thread));
        actions.remove(action);
        fewer.set(thread, actions);
        return new ThreadedProgram(scene, fewer);
    }

    /// {@return what its threads call, such as `store-madvise-meets-fork`}
    public String name() {
        return threads.stream().map(actions -> actions.stream().map(Action::name).collect(Collectors.joining("-")))
                .collect(Collectors.joining("-meets-"));
    }

    /// {@return the litmus test}
    public String text(String name, String fileSystem) {
        return "C " + name + "\n\"Drawn at random: what may threads see whose calls meet?\"\n\n{\n  mount " + fileSystem + " /mnt;\n" + scene.machine()
                + "}\n\n" + globals() + "\n" + init() + "\n"
                + IntStream.range(0, threads.size()).mapToObj(this::thread).collect(Collectors.joining("\n"))
                + "\nfinal() {\n" + scene.look() + "}\n\nexists (" + String.join(" \\/ ", observables()) + ")\n";
    }

    private String globals() {
        StringBuilder text = new StringBuilder(scene.globals());
        forEachBuffer(buffer -> text.append("char ").append(buffer).append('[').append(PAGES * PAGE).append("];\n"));
        return text.toString();
    }

    /// Buffers are there and hold bytes of their own before the threads run.
    private String init() {
        StringBuilder text = new StringBuilder("init() {\n").append(scene.init());
        char[] letter = {'k'};
        forEachBuffer(buffer -> {
            for (int page = 0; page < PAGES; page++) {
                text.append("  ").append(buffer).append('[').append(page * PAGE).append("] = '").append(letter[0]++).append("';\n");
            }
        });
        return text.append("}\n").toString();
    }

    private void forEachBuffer(Consumer<String> use) {
        for (int thread = 0; thread < threads.size(); thread++) {
            for (int action = 0; action < threads.get(thread).size(); action++) {
                if (threads.get(thread).get(action).buffer()) {
                    use.accept("b" + own(thread, action));
                }
            }
        }
    }

    private static String own(int thread, int action) {
        return Integer.toString(thread) + action;
    }

    private String thread(int thread) {
        StringBuilder text = new StringBuilder("P" + thread + "() {\n");
        for (int action = 0; action < threads.get(thread).size(); action++) {
            text.append("  ").append(threads.get(thread).get(action).code().replace("#", own(thread, action))).append('\n');
        }
        return text.append("}\n").toString();
    }

    private List<String> observables() {
        List<String> names = new ArrayList<>();
        for (int thread = 0; thread < threads.size(); thread++) {
            names.add(thread + ":signal = 0");
            for (int action = 0; action < threads.get(thread).size(); action++) {
                for (String result : threads.get(thread).get(action).results()) {
                    names.add(thread + ":" + result.replace("#", own(thread, action)) + " = 0");
                }
            }
        }
        scene.observed().forEach(name -> names.add("final:" + name + " = 0"));
        return names;
    }
}
