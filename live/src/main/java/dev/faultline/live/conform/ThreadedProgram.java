package dev.faultline.live.conform;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// A program of several threads on one file and one mapping, as a litmus test: all that its calls return and read, and
/// the file that they leave, are one outcome.
///
/// Lengths and positions are whole pages, and of each page the first byte is looked at: the model copies a page in one
/// step, and what is in its middle meanwhile is outside of it.
///
/// @param file    the size and the bytes of the file
/// @param mapping what `p` maps
/// @param threads what each of them does
public record ThreadedProgram(File file, Mapping mapping, List<List<Action>> threads) {
    /// The pages of the mapping, and of each buffer.
    static final int PAGES = 2;

    private static final int PAGE = 4096;
    private static final int SHOWN_PAGES = 4;

    /// The file that all use.
    public record File(long sizeBytes, boolean hole) {}

    /// What `p` maps, in the terms of mmap(2); [#ANONYMOUS] memory is none of the file's.
    public enum Mapping {
        SHARED("MAP_SHARED, fd"),
        PRIVATE("MAP_PRIVATE, fd"),
        ANONYMOUS("MAP_PRIVATE | MAP_ANONYMOUS, -1");

        private final String arguments;

        Mapping(String arguments) {
            this.arguments = arguments;
        }
    }

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
        return new ThreadedProgram(file, mapping, fewer);
    }

    /// {@return the litmus test}
    ///
    /// @param remark its doc string
    String text(String name, String remark, String fileSystem) {
        return "C " + name + "\n\"" + remark + "\"\n\n{\n  mount " + fileSystem + " /mnt;\n  file /mnt/f " + file.sizeBytes()
                + (file.hole() ? " hole" : " 'a'") + ";\n}\n\n" + globals() + "\n" + init() + "\n"
                + IntStream.range(0, threads.size()).mapToObj(this::thread).collect(Collectors.joining("\n"))
                + "\n" + look() + "\nexists (" + String.join(" \\/ ", observables()) + ")\n";
    }

    private String globals() {
        StringBuilder text = new StringBuilder("char *p;\nint fd;\nint direct;\nint appending;\nchar seen[")
                .append(SHOWN_PAGES * PAGE).append("];\n");
        forEachBuffer(buffer -> text.append("char ").append(buffer).append('[').append(PAGES * PAGE).append("];\n"));
        return text.toString();
    }

    /// Buffers are there and hold bytes of their own before the threads run.
    private String init() {
        StringBuilder text = new StringBuilder("""
                init() {
                  fd = open("/mnt/f", O_RDWR);
                  direct = open("/mnt/f", O_RDWR | O_DIRECT);
                  appending = open("/mnt/f", O_RDWR | O_APPEND);
                """);
        text.append("  p = mmap(NULL, ").append(PAGES * PAGE).append(", PROT_READ | PROT_WRITE, ").append(mapping.arguments)
                .append(", 0);\n");
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

    /// The size of the file, and its pages.
    private static String look() {
        StringBuilder text = new StringBuilder("""
                final() {
                  int last = open("/mnt/f", O_RDONLY);
                  long size = lseek(last, 0, SEEK_END);
                """);
        text.append("  ssize_t r = pread(last, seen, ").append(SHOWN_PAGES * PAGE).append(", 0);\n");
        for (int page = 0; page < SHOWN_PAGES; page++) {
            text.append("  char f").append(page).append(" = seen[").append(page * PAGE).append("];\n");
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
        names.add("final:size = 0");
        names.add("final:r = 0");
        IntStream.range(0, SHOWN_PAGES).forEach(page -> names.add("final:f" + page + " = 0"));
        return names;
    }
}
