package dev.faultline.report;

import dev.faultline.explore.verdict.LockOrder;
import dev.faultline.machine.schedule.Execution;
import dev.faultline.machine.schedule.Program;
import dev.faultline.machine.schedule.Replay;
import dev.faultline.machine.task.LockMode;
import dev.faultline.machine.task.LockWatch;
import dev.faultline.machine.task.Machine;
import dev.faultline.machine.task.Recorder;
import dev.faultline.machine.task.SharedObject;
import dev.faultline.machine.task.Task;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// How a task came to take one lock while it held another one.
///
/// @param task        who
/// @param held        the lock that it held
/// @param heldChain   the kernel functions in which it took that, outermost first
/// @param wanted      the lock that it was to take
/// @param wantedChain the kernel functions in which it was to take that, outermost first
record LockPath(String task, String held, List<String> heldChain, String wanted, List<String> wantedChain) {
    /// Runs `program` again along the way to `order`.
    ///
    /// @throws AssertionError if that does not lead there: the program is not deterministic
    static LockPath of(Program program, LockOrder order, long stepBound) {
        Tracer tracer = new Tracer(order);
        Execution execution = Execution.start(program, new Replay(order.schedule()), stepBound, tracer, tracer);
        execution.finish();
        if (tracer.found.isEmpty()) {
            throw new AssertionError("not deterministic: schedule " + order.schedule() + " does not lead again to "
                    + order.wanted() + " under " + order.held());
        }
        return tracer.found.getFirst();
    }

    /// Writes down where each task took each lock, until the order shows.
    private static final class Tracer implements Recorder, LockWatch {
        private final LockOrder order;
        // Where each task claims, or holds, which lock: by the stable name of the task, then by the number of the lock.
        private final Map<Long, Map<Integer, List<String>>> claimed = new TreeMap<>();
        private final Map<Long, Map<Integer, List<String>>> taken = new TreeMap<>();
        private List<LockPath> found = List.of();

        Tracer(LockOrder order) {
            this.order = order;
        }

        @Override
        public void claims(Machine machine, SharedObject lock, LockMode mode) {
            Task task = machine.current();
            List<String> chain = Watcher.chain();
            by(task, claimed).put(lock.index(), chain);
            for (Task.Hold hold : task.held()) {
                if (found.isEmpty() && hold.mode().className(hold.lock().what()).equals(order.held())
                        && mode.className(lock.what()).equals(order.wanted())) {
                    found = List.of(new LockPath(task.name(), hold.lock().label(),
                            by(task, taken).getOrDefault(hold.lock().index(), List.of()), lock.label(), chain));
                }
            }
        }

        @Override
        public void took(Task task, SharedObject lock) {
            // One that another task grants is taken where it was claimed; one that is only tried is not claimed.
            List<String> claim = by(task, claimed).remove(lock.index());
            by(task, taken).put(lock.index(), claim != null ? claim : Watcher.chain());
        }

        private static Map<Integer, List<String>> by(Task task, Map<Long, Map<Integer, List<String>>> places) {
            return places.computeIfAbsent(task.stableName(), name -> new TreeMap<>());
        }

        @Override
        public void announced(Task task) {}

        @Override
        public void stepped(Task task) {}

        @Override
        public void noted(Task task, String text) {}

        @Override
        public void retried(Task task, String site) {}
    }
}
