package dev.faultline.machine.task;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// One world in which tasks run, one step at a time: everything that happens in one execution.
///
/// An execution consists of phases: parts that run alone ([#runAlone]) around one part that a [Scheduler]
/// orders ([#run]). Machines are independent of each other.
public final class Machine {
    private final long stepBound;
    private final @Nullable Recorder recorder;
    private final LockWatch lockWatch;
    private final List<Task> tasks = new ArrayList<>();
    private final SharedState state = new SharedState();
    private final List<Finding> findings = new ArrayList<>();
    private final Trace explored = new Trace();
    // That of the part that runs, which is another one while a part runs alone.
    private Trace trace = explored;
    private final RetryPoints retries = new RetryPoints(this);

    private Scheduler scheduler = Scheduler.SEQUENTIAL;
    private @Nullable Task current;
    private @Nullable Task starting;
    private @Nullable Task newborn;
    private int nextTask;
    private @Nullable Ending ending;
    // If the phase has ended but goes on to see what the other tasks do.
    private @Nullable Aftermath aftermath;
    private @Nullable Throwable crash;
    private int created;
    private int environmentActs;
    private int objectsBeforeStep;

    /// A machine without tasks.
    ///
    /// @param stepBound the number of steps after which a phase is cut off
    /// @param recorder  who watches, or null
    public Machine(long stepBound, @Nullable Recorder recorder) {
        this(stepBound, recorder, LockWatch.NONE);
    }

    /// A machine without tasks.
    ///
    /// @param stepBound the number of steps after which a phase is cut off
    /// @param recorder  who watches, or null
    /// @param lockWatch is told which locks are taken
    public Machine(long stepBound, @Nullable Recorder recorder, LockWatch lockWatch) {
        this.stepBound = stepBound;
        this.recorder = recorder;
        this.lockWatch = lockWatch;
    }

    // ---- what the program under exploration calls ----

    /// {@return the running task}
    ///
    /// @throws IllegalStateException outside of tasks
    public Task current() {
        Task task = current;
        if (task == null) {
            throw new IllegalStateException("no task is running");
        }
        return task;
    }

    /// Makes a task that the execution waits for.
    public Task spawn(String name, Runnable body) {
        return add(new Task(this, tasks.size(), name, false, current, body));
    }

    /// Makes a task that serves others: the execution may end while it waits.
    public Task spawnDaemon(String name, Runnable body) {
        return add(new Task(this, tasks.size(), name, true, current, body));
    }

    private Task add(Task task) {
        if (tasks.size() >= 64) {
            throw new NotModelled("more than 64 tasks, those that have ended included");
        }
        tasks.add(task);
        if (current != null) {
            newborn = task; // the driver lets it run to its first announcement
            Coroutine.suspend();
        }
        return task;
    }

    /// Says that the environment acts here, and that a fair one does not always do so: a timer runs out before
    /// anything else happens. A cycle in which it does is no livelock.
    ///
    /// @param what what happens, for reports
    public void environmentActs(String what) {
        environmentActs++;
        note(what);
    }

    /// {@return how often the environment has acted or chosen so far}
    int environmentCount() {
        return environmentActs + trace.choices();
    }

    /// Lets the environment decide among `alternatives` possibilities, numbered from 0; 0 is the ordinary one.
    ///
    /// @param what what is decided, for reports
    public int choose(String what, int alternatives) {
        if (alternatives < 2) {
            return 0;
        }
        int value = scheduler.choose(this, alternatives);
        trace.addChoice(value, alternatives);
        Task task = current();
        task.learn(value);
        if (recorder != null) {
            recorder.noted(task, what + ": " + value);
        }
        return value;
    }

    /// Declares a retry loop that the running task enters.
    public RetryLoop retryLoop(String site) {
        return new RetryLoop(this, site, current());
    }

    /// Takes one step: announces it, waits until it is enabled and chosen, and returns when it is to be
    /// performed. What the caller does then, up to its next step, is atomic.
    public void step(SharedObject object, Access access, long mask) {
        Task task = current();
        task.pend(access, object, mask);
        take(task);
    }

    /// Takes one step that touches two objects at once.
    public void step(SharedObject object, Access access, long mask, SharedObject object2, Access access2, long mask2) {
        Task task = current();
        task.pend(access, object, mask);
        task.object2 = object2;
        task.access2 = access2;
        task.mask2 = mask2;
        take(task);
    }

    /// Takes one step whose second object depends on the first: `touched` is asked for it when the step is
    /// announced, and again when it is taken, as the answer may have changed by then.
    public void step(SharedObject object, Access access, long mask, SecondAccess touched) {
        Task task = current();
        task.pend(access, object, mask);
        task.touched = touched;
        touched.announce(task);
        announce(task);
        task.refreshPending();
        perform(task);
    }

    /// Waits until `condition` holds, which only accesses to `object` can change.
    public void await(SharedObject object, long mask, BooleanSupplier condition) {
        await(object, Access.AWAIT, mask, condition);
    }

    /// Waits until `condition` holds, which only accesses to `object` can change, and touches the object
    /// in the same step.
    public void await(SharedObject object, Access access, long mask, BooleanSupplier condition) {
        Task task = current();
        task.pend(access, object, mask);
        task.guard = condition;
        take(task);
    }

    private void take(Task task) {
        announce(task);
        perform(task);
    }

    private void announce(Task task) {
        if (task.atomicDepth > 0) {
            throw finding(Kind.BUG, "sleeping function called from invalid context: " + task.object().label()
                    + " while a spinlock is held");
        }
        if (task.sleeplessDepth > 0 && Access.waits(task.access.ordinal())) {
            throw finding(Kind.BUG, "sleeping function called from invalid context: " + task.object().label()
                    + " in atomic context");
        }
        if (recorder != null) {
            recorder.announced(task);
        }
        if (task == starting) {
            Coroutine.suspend();
            return;
        }
        schedule(task);
    }

    private void schedule(Task task) {
        int next = next();
        if (next != task.id()) {
            nextTask = next;
            Coroutine.suspend();
        }
    }

    private int next() {
        if (retries.isConfirming()) {
            return retries.next();
        }
        retries.releaseIfStuck();
        return scheduler.next(this);
    }

    private void perform(Task task) {
        trace.add(task);
        objectsBeforeStep = state.objectCount();
        task.takes();
        if (recorder != null) {
            recorder.stepped(task);
        }
        if (retries.isConfirming()) {
            retries.repeated();
        }
        if (trace.length() >= stepBound) {
            stop(Ending.STEP_BOUND);
        }
    }

    /// Adds a finding and goes on.
    public void report(Kind kind, String summary) {
        Finding finding = new Finding(kind, summary);
        if (aftermath == null || aftermath.found(finding)) {
            findings.add(finding);
        }
    }

    /// Adds a finding and ends the execution. Does not return; the type lets callers write `throw`.
    public StopExecution finding(Kind kind, String summary) {
        report(kind, summary);
        return stop(Ending.FINDING);
    }

    /// {@return whether somebody watches, so that [#note] has a point}
    public boolean isRecorded() {
        return recorder != null;
    }

    /// Says something about the last step of the running task, for a report.
    public void note(String text) {
        if (recorder != null && current != null) {
            recorder.noted(current, text);
        }
    }

    /// Says that the running task takes `lock` next, by a step that waits for it if need be. Every lock but one
    /// that is only tried says so, right before that step. Not where an execution goes on after its end, on trial
    /// or to see what else there is.
    public void claims(SharedObject lock, LockMode mode) {
        if (aftermath == null && !retries.isConfirming()) {
            lockWatch.claims(this, lock, mode);
        }
    }

    void took(Task task, SharedObject lock, LockMode mode) {
        trace.took(mode.shared());
        if (recorder != null) {
            recorder.took(task, lock);
        }
    }

    /// Starts a section in which the running task must not wait for anything, though it takes steps.
    public void forbidSleeping() {
        current().sleeplessDepth++;
    }

    /// Ends the section that [#forbidSleeping] started.
    public void allowSleeping() {
        current().sleeplessDepth--;
    }

    /// Starts a section in which the running task must not take a step: a spinlock is held.
    public void enterAtomic() {
        current().atomicDepth++;
    }

    /// Ends the section that [#enterAtomic] started.
    public void leaveAtomic() {
        current().atomicDepth--;
    }

    // ---- phases ----

    /// Runs `body` as a task of its own, and every daemon until it rests, in one fixed order.
    ///
    /// @return [Ending#DONE], or what went wrong
    public Ending runAlone(String name, Runnable body) {
        trace = new Trace();
        startPhase();
        spawn(name, body);
        Ending reached = runPhase(Scheduler.SEQUENTIAL);
        trace = explored;
        return reached;
    }

    /// Starts the phase to explore: the tasks made from here on are its tasks.
    public void startPhase() {
        trace.clear();
        retries.clear();
        tasks.removeIf(Task::isDone);
        for (int i = 0; i < tasks.size(); i++) {
            tasks.get(i).carryOver(i);
        }
    }

    /// Runs the tasks in the order that `scheduler` asks for, until all are done or the phase ends otherwise.
    public Ending run(Scheduler scheduler) {
        return runPhase(scheduler);
    }

    private Ending runPhase(Scheduler order) {
        scheduler = order;
        ending = null;
        aftermath = null;
        for (int i = 0; i < tasks.size(); i++) {
            if (!tasks.get(i).isStarted()) {
                start(tasks.get(i));
            }
        }
        while (ending == null) {
            nextTask = next();
            drive();
        }
        scheduler = Scheduler.SEQUENTIAL;
        current = null;
        return aftermath == null ? ending : aftermath.ending();
    }

    /// Forgets the steps that were taken after the finding that ended the phase, if its scheduler wanted to go on.
    public void dropAftermath() {
        if (aftermath != null) {
            aftermath.drop(trace);
        }
    }

    /// {@return an execution in which that comes out and nothing before it: the trace, but for what was found after
    /// something else had ended the execution}
    public Trace traceTo(Finding finding) {
        return aftermath == null ? trace : aftermath.wayTo(finding).orElse(trace);
    }

    /// Resumes tasks until one ends or nothing can be resumed.
    private void drive() {
        while (ending == null) {
            if (nextTask < 0) {
                nothingToRun();
                return;
            }
            Task task = tasks.get(nextTask);
            task.parked = null;
            resume(task);
            if (task.isDone()) {
                return;
            }
        }
    }

    private void resume(Task task) {
        goOn(task);
        while (newborn != null && ending == null) {
            Task child = newborn;
            newborn = null;
            start(child);
            if (ending == null) {
                goOn(task);
            }
        }
    }

    private void goOn(Task task) {
        current = task;
        task.resume();
        if (task.isDone()) {
            finished(task);
        }
        Ending how = ending;
        if ((how == Ending.FINDING || how == Ending.CRASH) && scheduler.goesOnAfterFinding()) {
            halt(task, how);
        }
    }

    /// The execution has ended, in that task. The others go on without it.
    private void halt(Task task, Ending how) {
        if (aftermath == null) {
            aftermath = new Aftermath(this, how);
        } else {
            aftermath.halted();
        }
        task.halt();
        ending = null;
        current = null;
    }

    private void start(Task task) {
        Task before = starting;
        starting = task;
        resume(task);
        starting = before;
    }

    private void finished(Task task) {
        if (ending == null && !task.isHalted()) {
            for (Task.Hold hold : task.held()) {
                if (ending == null && !hold.lock().isHandedOver()) {
                    report(Kind.BUG, "lock held when task ended: " + hold.lock().label());
                    ending = Ending.FINDING;
                }
            }
        }
        current = null;
    }

    private void nothingToRun() {
        if (nextTask == Scheduler.ABANDON) {
            ending = Ending.ABANDONED;
            return;
        }
        boolean waiting = false;
        boolean parked = false;
        for (Task task : tasks) {
            waiting |= !task.isDone() && !task.isDaemon();
            parked |= !task.isDone() && task.isParked();
        }
        boolean livelocked = waiting && parked && retries.confirmParked();
        if (!livelocked) { // else the rounds of the certificate follow
            ending = !waiting ? done() : parked ? Ending.COVERED : Ending.DEADLOCK;
        }
    }

    /// Every task has ended that had to. A lock that one of them left to others to give up should be free by now.
    private Ending done() {
        for (Task task : tasks) {
            if (aftermath == null && task.isDone() && !task.held().isEmpty()) {
                report(Kind.LEAK, "lock held when all tasks had ended: " + task.held().getFirst().lock().label());
                return Ending.FINDING;
            }
        }
        return Ending.DONE;
    }

    private StopExecution stop(Ending how) {
        ending = how;
        nextTask = Scheduler.NONE;
        if (current != null) {
            Coroutine.suspend();
        }
        return new StopExecution();
    }

    void crashed(Throwable failure) {
        if (aftermath == null || failure instanceof NotModelled) {
            crash = failure;
        } else {
            report(Kind.BUG, "Faultline's model failed: " + failure);
        }
        ending = Ending.CRASH;
    }

    // ---- retry points ----

    void retry(Task task, RetryLoop loop) {
        if (recorder != null) {
            recorder.retried(task, loop.site());
        }
        retries.passed(task);
    }

    /// Keeps the task back until its loop would go differently. Going on is a step of its own, which touches
    /// nothing, but in the rounds of a certificate, where nobody is kept back.
    void park(Task task, Lasso lasso) {
        task.pend(Access.LOCAL, null, 0);
        task.parked = lasso;
        schedule(task);
        task.parked = null;
        if (!retries.isConfirming()) {
            task.resumedBy = lasso.breaker();
            perform(task);
            task.resumedBy = -1;
        }
    }

    /// Ends the execution `steps` after its start: what came later was only a trial.
    void stop(Ending how, int steps) {
        trace.truncate(steps);
        stop(how);
    }

    /// {@return the key of the present state: of the shared objects, and of where every task stands in what it
    /// has seen}
    public StateKey stateKey() {
        return state.key(tasks);
    }

    void changed() {
        trace.changed();
    }

    /// {@return whether only the running task can know the object: it was made since the last step, or everything runs alone}
    boolean isKnownToOne(SharedObject object) {
        return trace != explored || current == null || object.index() >= objectsBeforeStep;
    }

    void addDirty(StateObject object) {
        state.addDirty(object);
    }

    long nextName() {
        Task task = current;
        return task == null ? Digest.mix(0x7b, ++created) : task.nextName();
    }

    int register(SharedObject object) {
        return state.register(object);
    }

    // ---- what schedulers and judges look at ----

    /// {@return the number of the running task, -1 between tasks}
    public int currentId() {
        return current == null || current.isDone() ? -1 : current.id();
    }

    /// {@return the number of tasks that this phase has had so far}
    public int taskCount() {
        return tasks.size();
    }

    /// {@return the task with that number}
    public Task task(int id) {
        return tasks.get(id);
    }

    /// {@return the number of the first enabled task, [Scheduler#NONE] if there is none}
    public int firstEnabled() {
        for (int i = 0; i < tasks.size(); i++) {
            if (tasks.get(i).isEnabled()) {
                return i;
            }
        }
        return Scheduler.NONE;
    }

    /// {@return the steps of the phase to explore, so far; those of a part that runs alone while it does}
    public Trace trace() {
        return trace;
    }

    /// {@return the steps of the phase to explore, so far; also while a part runs alone}
    public Trace exploredTrace() {
        return explored;
    }

    /// {@return the number of steps of this phase so far}
    public int stepCount() {
        return trace.length();
    }

    /// {@return the shared object with that index}
    public SharedObject object(int index) {
        return state.object(index);
    }

    /// {@return the number of shared objects made so far}
    public int objectCount() {
        return state.objectCount();
    }

    /// {@return what was found so far, in order}
    public List<Finding> findings() {
        return findings;
    }

    /// {@return what the model threw}
    ///
    /// @throws IllegalStateException unless the phase ended with [Ending#CRASH]
    public Throwable crash() {
        Throwable thrown = crash;
        if (thrown == null) {
            throw new IllegalStateException("the model did not fail");
        }
        return thrown;
    }

    /// {@return the first step of the cycle of a livelock: its last round before the rounds of the certificate,
    /// which the trace leaves out}
    ///
    /// @throws IllegalStateException unless the phase ended with [Ending#LIVELOCK]
    public int livelockStart() {
        return retries.livelock().from;
    }

    /// {@return the number of steps of the cycle of a livelock}
    ///
    /// @throws IllegalStateException unless the phase ended with [Ending#LIVELOCK]
    public int livelockLength() {
        return retries.livelock().to - retries.livelock().from;
    }
}
