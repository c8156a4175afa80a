package dev.faultline.explore.verdict;

import dev.faultline.machine.schedule.Schedule;
import dev.faultline.machine.task.LockMode;
import dev.faultline.machine.task.LockWatch;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// In which orders locks were taken, by class of lock, over any number of executions of one program: what lockdep
/// keeps. Not for several threads; each has its own, and [#add] brings them together.
///
/// An order that is known costs a look into a matrix of bits for each lock held, and allocates nothing; only the
/// first time does it note the way there.
public final class LockOrders implements LockWatch {
    private static final int FIRST_CAPACITY = 16;

    private String[] names = new String[FIRST_CAPACITY];
    private int[] subclasses = new int[FIRST_CAPACITY];
    private int classes;
    // Whether a lock of the first class was held where one of the second was wanted.
    private boolean[] seen = new boolean[FIRST_CAPACITY * FIRST_CAPACITY];
    private final List<LockOrder> orders = new ArrayList<>();

    @Override
    public void claims(Machine machine, SharedObject lock, LockMode mode) {
        List<Task.Hold> held = machine.current().held();
        if (held.isEmpty()) {
            return;
        }
        int wanted = classOf(lock.what(), mode.subclass());
        for (int i = 0; i < held.size(); i++) {
            Task.Hold hold = held.get(i);
            int from = classOf(hold.lock().what(), hold.mode().subclass());
            if (!seen[from * names.length + wanted] && !hold.lock().isGivenUpOnDemand(machine.current())) {
                seen[from * names.length + wanted] = true;
                orders.add(new LockOrder(hold.mode().className(hold.lock().what()), hold.shared(),
                        mode.className(lock.what()), mode.shared(), machine.current().name(),
                        Schedule.of(machine.exploredTrace())));
            }
        }
    }

    /// {@return the number of a class; a new one if it has none}
    private int classOf(String name, int subclass) {
        for (int i = 0; i < classes; i++) {
            if (subclasses[i] == subclass && names[i].equals(name)) {
                return i;
            }
        }
        if (classes == names.length) {
            grow();
        }
        names[classes] = name;
        subclasses[classes] = subclass;
        return classes++;
    }

    private void grow() {
        int before = names.length;
        int capacity = before * 2;
        names = Arrays.copyOf(names, capacity);
        subclasses = Arrays.copyOf(subclasses, capacity);
        boolean[] wider = new boolean[capacity * capacity];
        for (int from = 0; from < classes; from++) {
            System.arraycopy(seen, from * before, wider, from * capacity, before);
        }
        seen = wider;
    }

    /// {@return the orders seen, by class, each with one way there}
    public List<LockOrder> all() {
        return orders.stream().sorted(LockOrder.BY_CLASS).toList();
    }

    /// Adds what was seen elsewhere in the same program.
    public void add(LockOrders other) {
        other.orders.forEach(this::add);
    }

    /// Adds an order that was seen elsewhere in the same program.
    public void add(LockOrder order) {
        if (orders.stream().noneMatch(order::isSameAs)) {
            orders.add(order);
        }
    }
}
