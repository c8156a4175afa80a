package dev.faultline.explore.verdict;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// Locks that are taken in orders that go round in a circle: tasks that take them at the same time may wait for
/// each other for ever, whether or not an execution shows it.
///
/// As in Linux a lock that is shared is no exception, since a sharer waits behind a writer that waits.
///
/// @param orders each one's wanted class is the next one's held class, the last one's the first one's; a single one
///               if a lock was wanted where one of its own class was held
public record Inversion(List<LockOrder> orders) {
    /// Copies the list.
    public Inversion {
        orders = List.copyOf(orders);
        if (orders.isEmpty()) {
            throw new IllegalArgumentException("an inversion of nothing");
        }
    }

    /// {@return whether locks of one class are taken one within the other}
    public boolean isRecursive() {
        return orders.size() == 1;
    }

    /// {@return one line, in lockdep's words}
    public String summary() {
        StringBuilder text = new StringBuilder(isRecursive()
                ? "possible recursive locking: " : "possible circular locking dependency: ");
        orders.forEach(order -> text.append(order.held()).append(" → "));
        return text.append(orders.getLast().wanted()).toString();
    }

    private Set<String> classes() {
        Set<String> classes = new TreeSet<>();
        orders.forEach(order -> classes.add(order.held()));
        return classes;
    }

    /// {@return the circles among `orders`, short ones first: for each order a shortest one that it is part of,
    /// without those that pass by all classes of another one, recursive locking aside}
    public static List<Inversion> among(List<LockOrder> orders) {
        List<LockOrder> sorted = orders.stream().sorted(LockOrder.BY_CLASS).toList();
        List<Inversion> circles = new ArrayList<>();
        for (LockOrder order : sorted) {
            List<LockOrder> circle = circle(order, sorted);
            if (!circle.isEmpty()) {
                circles.add(new Inversion(circle));
            }
        }
        circles.sort(Comparator.comparing(circle -> circle.orders().size())); // stable: by class among equals
        List<Inversion> least = new ArrayList<>();
        for (Inversion circle : circles) {
            if (least.stream().noneMatch(smaller -> !smaller.isRecursive() && circle.classes().containsAll(smaller.classes()))) {
                least.add(circle);
            }
        }
        return least;
    }

    /// {@return a shortest circle that starts with `first`; empty if there is none}
    private static List<LockOrder> circle(LockOrder first, List<LockOrder> orders) {
        TreeMap<String, List<LockOrder>> paths = new TreeMap<>();
        Deque<String> open = new ArrayDeque<>();
        paths.put(first.wanted(), List.of(first));
        open.add(first.wanted());
        while (!open.isEmpty() && !paths.containsKey(first.held())) {
            String from = open.removeFirst();
            for (LockOrder next : orders) {
                if (next.held().equals(from) && !paths.containsKey(next.wanted())) {
                    List<LockOrder> longer = new ArrayList<>(paths.get(from));
                    longer.add(next);
                    paths.put(next.wanted(), longer);
                    open.add(next.wanted());
                }
            }
        }
        return paths.getOrDefault(first.held(), List.of());
    }
}
