package dev.faultline.explore.strategy;

import dev.faultline.explore.strategy.Wakeup.Touch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What is left of a tree of executions, as lines of text: the shared decisions, then the subtrees that are begun or
/// that nobody has begun.
///
/// ```
/// place ID PARENT BRANCH STEP ALTERNATIVES ENABLED SLEEPING TRIED NEXT WEIGHT PLANNED
/// job PLACE BRANCH SLEEPING WEIGHT AHEAD
/// decision CHOSEN ALTERNATIVES STEP ENABLED TRIED WANTED SLEEPING FOREIGN PLANNED      below the job before it
/// ```
///
/// A wakeup tree is one word: `-` if it is empty; steps that follow each other are joined by `;`, branches by `|`, and
/// where several branches follow a step they stand in parentheses.
final class TreeText {
    private static final String NONE = "-";

    private TreeText() {}

    // ---- writing ----

    static List<String> write(Frontier frontier) {
        List<String> lines = new ArrayList<>();
        Map<Place, Integer> ids = new LinkedHashMap<>();
        frontier.open().forEach(place -> id(place, ids, lines));
        for (Dpor explorer : frontier.explorers()) {
            explorer.left().ifPresent(job -> write(job, ids, lines));
        }
        frontier.waiting().forEach(job -> write(job, ids, lines));
        return lines;
    }

    private static int id(@Nullable Place place, Map<Place, Integer> ids, List<String> lines) {
        if (place == null) {
            return -1;
        }
        Integer known = ids.get(place);
        if (known != null) {
            return known;
        }
        int parent = id(place.parent, ids, lines);
        int id = ids.size();
        ids.put(place, id);
        lines.add(words("place", id, parent, place.branch, place.step, place.alternatives, place.enabled,
                place.sleeping, place.tried, place.nextChoice, place.weight, text(place.planned)));
        return id;
    }

    private static void write(Job job, Map<Place, Integer> ids, List<String> lines) {
        int place = id(job.place(), ids, lines);
        lines.add(words("job", place, job.branch(), job.sleeping(), job.weight(), text(job.ahead())));
        Decisions begun = job.begun();
        if (begun != null) {
            for (int d = 0; d < begun.size(); d++) {
                lines.add(words("decision", begun.chosen(d), begun.alternatives(d), begun.step(d), begun.enabled(d),
                        begun.tried(d), begun.wanted(d), begun.sleeping(d), begun.foreign(d), text(begun.planned(d))));
            }
        }
    }

    private static String words(Object... words) {
        StringBuilder line = new StringBuilder();
        for (Object word : words) {
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        return line.toString();
    }

    static String text(@Nullable Wakeup first) {
        StringBuilder text = new StringBuilder();
        branches(first, text);
        return text.isEmpty() ? NONE : text.toString();
    }

    private static void branches(@Nullable Wakeup first, StringBuilder text) {
        for (Wakeup branch = first; branch != null; branch = branch.next) {
            Wakeup node = branch;
            step(node, text);
            while (node.child != null && node.child.next == null) {
                node = node.child;
                text.append(';');
                step(node, text);
            }
            if (node.child != null) {
                text.append('(');
                branches(node.child, text);
                text.append(')');
            }
            text.append(branch.next == null ? "" : "|");
        }
    }

    private static void step(Wakeup node, StringBuilder text) {
        if (node.isChoice()) {
            text.append(node.choice).append('/').append(node.alternatives);
            return;
        }
        text.append(node.task).append(',').append(node.taskHere).append(',').append(node.mayWait ? 1 : 0);
        for (Touch touch : List.of(node.first, node.second)) {
            text.append(',').append(touch.object()).append(',').append(touch.access()).append(',').append(touch.mask());
        }
    }

    // ---- reading ----

    /// Makes a tree of what [#write] wrote.
    ///
    /// @throws RuntimeException if that is not what the lines are
    static Frontier read(List<String> lines) {
        Frontier frontier = new Frontier();
        Map<Integer, Place> places = new LinkedHashMap<>();
        int i = 0;
        while (i < lines.size()) {
            String[] words = lines.get(i++).split(" ");
            if (words[0].equals("place")) {
                Place place = place(words, places);
                places.put(Integer.parseInt(words[1]), place);
                frontier.add(place);
                continue;
            }
            Decisions begun = new Decisions();
            while (i < lines.size() && lines.get(i).startsWith("decision ")) {
                decision(lines.get(i++).split(" "), begun);
            }
            frontier.add(new Job(places.get(Integer.parseInt(words[1])), Integer.parseInt(words[2]),
                    Long.parseLong(words[3]), tree(words[5]), Double.parseDouble(words[4]), begun));
        }
        return frontier;
    }

    private static Place place(String[] words, Map<Integer, Place> places) {
        Place place = new Place(places.get(Integer.parseInt(words[2])), Integer.parseInt(words[3]),
                Integer.parseInt(words[4]), Integer.parseInt(words[5]), Long.parseLong(words[6]),
                Long.parseLong(words[7]), Double.parseDouble(words[10]));
        place.tried = Long.parseLong(words[8]);
        place.nextChoice = Integer.parseInt(words[9]);
        place.planned = tree(words[11]);
        return place;
    }

    private static void decision(String[] words, Decisions begun) {
        int alternatives = Integer.parseInt(words[2]);
        int step = Integer.parseInt(words[3]);
        if (alternatives > 0) {
            begun.pushChoice(Integer.parseInt(words[1]), alternatives, step);
        } else {
            begun.pushTask(Integer.parseInt(words[1]), step, Long.parseLong(words[4]), Long.parseLong(words[7]),
                    Long.parseLong(words[6]));
            begun.setTried(begun.size() - 1, Long.parseLong(words[5]));
        }
        begun.setForeign(begun.size() - 1, Long.parseLong(words[8]));
        begun.plan(begun.size() - 1, tree(words[9]));
    }

    static @Nullable Wakeup tree(String text) {
        return text.equals(NONE) ? null : new Reader(text).branches();
    }

    /// Reads a wakeup tree from the left.
    private static final class Reader {
        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        Wakeup branches() {
            Wakeup first = chain();
            Wakeup last = first;
            while (at < text.length() && text.charAt(at) == '|') {
                at++;
                Wakeup branch = chain();
                last.next = branch;
                last = branch;
            }
            return first;
        }

        private Wakeup chain() {
            Wakeup first = step();
            Wakeup last = first;
            while (at < text.length() && text.charAt(at) == ';') {
                at++;
                Wakeup step = step();
                last.child = step;
                last = step;
            }
            if (at < text.length() && text.charAt(at) == '(') {
                at++;
                last.child = branches();
                at++;
            }
            return first;
        }

        private Wakeup step() {
            int from = at;
            while (at < text.length() && ";|()".indexOf(text.charAt(at)) < 0) {
                at++;
            }
            String step = text.substring(from, at);
            int slash = step.indexOf('/');
            if (slash >= 0) {
                return Wakeup.choice(Integer.parseInt(step.substring(0, slash)), Integer.parseInt(step.substring(slash + 1)));
            }
            String[] words = step.split(",");
            return Wakeup.step(Long.parseLong(words[0]), Integer.parseInt(words[1]), touch(words, 3), touch(words, 6),
                    words[2].equals("1"));
        }

        private static Touch touch(String[] words, int from) {
            return new Touch(Long.parseLong(words[from]), 0, Integer.parseInt(words[from + 1]),
                    Long.parseLong(words[from + 2]));
        }
    }
}
