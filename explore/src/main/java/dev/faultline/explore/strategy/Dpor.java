package dev.faultline.explore.strategy;

import dev.faultline.machine.task.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Optimal dynamic partial-order reduction: each Mazurkiewicz trace once, and no execution begun that shows nothing
/// new. P. Abdulla, S. Aronis, B. Jonsson, K. Sagonas, "Source Sets: A Foundation for Optimal Dynamic Partial Order
/// Reduction", JACM 2017, algorithm 2, with these additions:
///
/// - What [SourceDpor] says of steps that wait, of locks, of choices and of parked tasks holds here too.
/// - A choice of the environment is a node of the wakeup tree. All its alternatives are explored in any case: one that
///   no planned execution asks for is explored without a plan.
/// - Where the later step of a race depends on state that the earlier one changes, it is planned as it was seen. If it
///   then does something else, the races of that execution show what is left to do.
/// - Where it waits for something that the steps in between may or may not bring about, whether the plan can be
///   followed is only known when it is tried. If it cannot, the execution goes on without a plan, as it would with
///   source sets, and may turn out to be redundant.
/// - A task that is asleep and takes no part in a branch makes the branch superfluous if it commutes with it and goes on
///   in the execution that shows the race. One that waits there for ever comes first in nothing.
///
/// Several of them, each in a thread of its own, can go through one tree ([#another]). When one has nothing to do, a
/// busy one shares the first of its decisions that has branches left. There the argument fails that lets a branch be
/// left out because a sleeping task *could* go first: what is planned in that task's subtree may come too late. So at
/// shared decisions, and for tasks that sleep because of them, the weaker rule of source sets is used, that the task
/// takes part in the branch and goes first; nor is anything planned behind a step of such a task. A few redundant
/// executions are the price.
public final class Dpor extends TreeStrategy {
    private final Frontier frontier;
    private final HappensBefore order = new HappensBefore(this::reverse);
    private final Reordered steps = new Reordered(order);
    private Job job = Job.ALL;
    private boolean busy;
    // The decisions above the subtree of this explorer, by depth.
    private final List<Place> shared = new ArrayList<>();
    private int firstNewStep;
    // Where a walk down a wakeup tree has come along.
    private final List<Wakeup> path = new ArrayList<>();
    // What is planned from the present place on.
    private @Nullable Wakeup ahead;

    /// A strategy at the start of the tree.
    public Dpor() {
        this(new Frontier());
        frontier.add(Job.ALL);
    }

    Dpor(Frontier frontier) {
        this.frontier = frontier;
        frontier.add(this);
    }

    /// {@return a strategy that goes on where [#save] was called}
    ///
    /// @throws RuntimeException if the lines are not what that wrote
    public static Dpor resume(List<String> lines) {
        return new Dpor(TreeText.read(lines));
    }

    /// {@return what is left to do, line by line, while no explorer of this tree is in an execution}
    public List<String> save() {
        return TreeText.write(frontier);
    }

    /// Runs `whileResting` between the executions of all explorers of this tree, if each calls [#rest].
    public void pause(Runnable whileResting) {
        frontier.pause(whileResting);
    }

    /// To be called between two executions, when the last one is counted and the next one is planned.
    public void rest() {
        frontier.rest();
    }

    /// {@return another explorer of the same tree, for another thread; to be made before any of them begins}
    public Dpor another() {
        return new Dpor(frontier);
    }

    /// Makes [#next] of every explorer of this tree say that there is nothing more.
    public void stop() {
        frontier.stop();
    }

    @Override
    public boolean next(boolean first) {
        if (!first) {
            finish();
        }
        Optional<Job> next = frontier.take();
        next.ifPresent(this::begin);
        return next.isPresent();
    }

    /// The subtree is explored.
    void finish() {
        busy = false;
        frontier.finished(job.weight());
    }

    /// {@return what is left of the subtree of this explorer}
    Optional<Job> left() {
        if (!busy) {
            return Optional.empty();
        }
        int base = shared.size();
        Decisions begun = new Decisions();
        begun.append(decisions(), base);
        Place place = base == 0 ? null : shared.getLast();
        return Optional.of(new Job(place, job.branch(), decisions().sleepingBehind(base - 1), ahead, job.weight(), begun));
    }

    private void begin(Job next) {
        job = next;
        busy = true;
        shared.clear();
        for (Place place = next.place(); place != null; place = place.parent) {
            shared.addFirst(place);
        }
        decisions().clear();
        for (int d = 0; d < shared.size(); d++) {
            add(shared.get(d), d + 1 < shared.size() ? shared.get(d + 1).branch : next.branch());
        }
        int last = decisions().lastTask();
        if (last >= 0) {
            decisions().setSleeping(last, next.sleeping());
        }
        Decisions begun = next.begun();
        if (begun != null) {
            decisions().append(begun, 0);
        }
        ahead = next.ahead();
        order.forget();
        firstNewStep = decisions().size() == 0 ? 0 : decisions().step(decisions().size() - 1);
    }

    private void add(Place place, int branch) {
        if (place.alternatives > 0) {
            decisions().pushChoice(branch, place.alternatives, place.step);
        } else {
            decisions().pushTask(branch, place.step, place.enabled, place.sleeping, 0);
        }
    }

    /// Leaves to others what is left at the first decision of this explorer where anything is.
    private void share() {
        int d = shared.size();
        while (d < decisions().size() && !decisions().hasWork(d)) {
            d++;
        }
        if (d == decisions().size()) {
            return;
        }
        double weight = job.weight();
        for (int e = shared.size(); e <= d; e++) {
            Place parent = e == 0 ? null : shared.get(e - 1);
            Place place = new Place(parent, e == 0 ? 0 : decisions().chosen(e - 1), decisions(), e, weight);
            shared.add(place);
            frontier.add(place);
            weight /= place.parts();
        }
        job = new Job(shared.getLast(), decisions().chosen(d), 0, null, weight, null);
    }

    @Override
    public String name() {
        return "dpor";
    }

    @Override
    int decide(Machine machine, long enabled) {
        long sleeping = SourceDpor.inherited(decisions(), machine);
        long candidates = enabled & ~sleeping;
        for (Wakeup node = ahead; node != null; node = node.next) {
            int task = node.taskIn(machine);
            if (task >= 0 && (candidates >> task & 1) != 0) {
                follow(machine, node, task, enabled, sleeping);
                return task;
            }
        }
        ahead = null;
        if (candidates == 0) {
            return ABANDON;
        }
        int task = preferCurrent(machine, candidates);
        push(machine, task, enabled, sleeping);
        return task;
    }

    private void push(Machine machine, int task, long enabled, long sleeping) {
        int above = decisions().lastTask();
        decisions().pushTask(task, machine.stepCount(), enabled, sleeping, 1L << task);
        if (above >= 0) {
            long foreign = above < shared.size() ? sleeping : decisions().foreign(above) & sleeping;
            decisions().setForeign(decisions().size() - 1, foreign);
        }
    }

    private void follow(Machine machine, Wakeup node, int task, long enabled, long sleeping) {
        push(machine, task, enabled, sleeping);
        int d = decisions().size() - 1;
        decisions().plan(d, node.next);
        for (Wakeup other = node.next; other != null; other = other.next) {
            int wanted = other.taskIn(machine);
            decisions().want(d, wanted < 0 ? 0 : 1L << wanted);
        }
        ahead = node.child;
    }

    @Override
    void chosen(int d) {
        decisions().plan(d, ahead);
        Wakeup node = Wakeup.ofChoice(ahead, decisions().chosen(d));
        ahead = node == null ? null : node.child;
    }

    @Override
    public boolean plan(Machine machine) {
        order.examine(machine, decisions(), firstNewStep);
        if (frontier.isHungry()) {
            share();
        }
        boolean more = advance(machine);
        firstNewStep = more ? decisions().step(decisions().size() - 1) : 0;
        return more;
    }

    @Override
    public double fractionDone() {
        return doneByAll() + doneOfOwn();
    }

    /// {@return the part of the whole tree that is done, but for the subtrees that are being explored}
    public double doneByAll() {
        return frontier.done();
    }

    /// {@return the part of the whole tree that is done in the subtree of this explorer}
    public double doneOfOwn() {
        return job.weight() * decisions().fractionBefore(shared.size());
    }

    /// Goes back to the deepest decision that has something left to try, and tries that.
    private boolean advance(Machine machine) {
        while (decisions().size() > shared.size()) {
            int d = decisions().size() - 1;
            if (decisions().alternatives(d) > 0 ? nextChoice(d) : nextBranch(machine, d)) {
                return true;
            }
            decisions().pop();
        }
        return false;
    }

    private boolean nextChoice(int d) {
        int choice = decisions().chosen(d) + 1;
        if (choice == decisions().alternatives(d)) {
            return false;
        }
        decisions().take(d, choice);
        Wakeup node = Wakeup.ofChoice(decisions().planned(d), choice);
        ahead = node == null ? null : node.child;
        return true;
    }

    private boolean nextBranch(Machine machine, int d) {
        long possible = decisions().enabled(d) & ~decisions().sleeping(d) & ~decisions().tried(d);
        for (Wakeup branch = decisions().planned(d); branch != null; branch = branch.next) {
            int task = branch.taskIn(machine);
            if (task >= 0 && (possible >> task & 1) != 0) {
                decisions().plan(d, branch.next);
                decisions().take(d, task);
                ahead = branch.child;
                return true;
            }
        }
        return false;
    }

    /// Makes sure that an execution is planned in which the later step of the race comes before the earlier one.
    private boolean reverse(HappensBefore race, int d) {
        steps.start();
        boolean possible = steps.makePossible();
        if (possible && d < shared.size()) {
            frontier.plan(shared.get(d), steps);
        } else if (possible && !isShownElsewhere(d)) {
            insert(race.machine(), d);
        }
        return possible;
    }

    /// {@return whether a task that was tried at `d` before, and whose traces are all known, comes first in this one
    /// too, or could}
    private boolean isShownElsewhere(int d) {
        long known = decisions().sleepingBehind(d);
        if (steps.hasInitialIn(known)) {
            return true;
        }
        for (long left = known & ~decisions().foreign(d); left != 0; left &= left - 1) {
            int task = Long.numberOfTrailingZeros(left);
            if (steps.firstOf(task) < 0 && steps.isIndependentOf(task)) {
                return true;
            }
        }
        return false;
    }

    /// Goes down the wakeup tree at `d` along what can come first of the steps that are left. Where a branch ends, it
    /// shows the rest; where none fits, one is added.
    private void insert(Machine machine, int d) {
        path.clear();
        Wakeup parent = null;
        Wakeup last = null;
        Wakeup node = decisions().planned(d);
        while (node != null) {
            int task = node.taskIn(machine);
            int step = task < 0 ? -1 : steps.firstOf(task);
            if (step >= 0 ? steps.isInitial(step) : steps.isIndependentOf(node) && !isLeftToOthers(node, task, d)) {
                path.add(node);
                parent = step >= 0 ? take(node, step) : pass(node);
                if (parent == null) {
                    return;
                }
                last = null;
                node = parent.child;
            } else {
                last = node;
                node = node.next;
            }
        }
        append(machine, d, parent, last);
    }

    /// {@return whether the task of that node, behind those on the path, sleeps there because of what others explore:
    /// then the node is never reached}
    private boolean isLeftToOthers(Wakeup node, int task, int d) {
        boolean asleep = task >= 0 && (decisions().foreign(d) >> task & 1) != 0;
        for (Wakeup step : path) {
            asleep &= step.task != node.task && step.commutesWith(node);
        }
        return asleep;
    }

    /// Takes the step of the node out of those that are left.
    ///
    /// @return the node behind which the others go on, after the choices that follow the step; null if nothing is left
    ///         or whatever follows is shown
    private @Nullable Wakeup take(Wakeup node, int step) {
        int[] choices = steps.choicesAfter(step);
        steps.remove(step);
        if (steps.isEmpty() || node.child == null) {
            return null;
        }
        Wakeup at = node;
        for (int c : choices) {
            int choice = steps.choice(c);
            Wakeup next = Wakeup.ofChoice(at.child, choice);
            if (next == null) {
                next = Wakeup.choice(choice, steps.alternatives(c));
                next.next = at.child;
                at.child = next;
            } else if (next.child == null) {
                return null;
            }
            at = next;
        }
        return at;
    }

    /// {@return the node behind the step of this one, which is not one of those that are left, and behind any choices
    /// that follow it: whichever they are, the steps that are left can be taken; null if whatever follows is shown}
    private static @Nullable Wakeup pass(Wakeup node) {
        Wakeup at = node;
        while (at.child != null && at.child.isChoice()) {
            at = at.child;
        }
        return at.child == null ? null : at;
    }

    private void append(Machine machine, int d, @Nullable Wakeup parent, @Nullable Wakeup last) {
        Wakeup branch = steps.branch();
        if (last != null) {
            last.next = branch;
        } else if (parent != null) {
            parent.child = branch;
        } else {
            decisions().plan(d, branch);
        }
        if (parent == null) {
            decisions().want(d, 1L << branch.taskIn(machine));
        }
    }
}
