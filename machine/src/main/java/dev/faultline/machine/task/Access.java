package dev.faultline.machine.task;

/// How a step touches its shared object: all that the dependence relation sees of it, together with
/// the mask of the parts of the object that it concerns.
///
/// Two relations are defined here. *Dependent* steps are ordered by happens-before: swapping them may
/// change a result. A dependent pair is *reversible* if its steps can have been enabled together, so
/// that the other order is worth exploring: a release and the acquisition that it permits are ordered,
/// yet never reversible; two acquisitions of one lock are both. A reversible pair is *certain* if the later
/// one could have been taken where the earlier one was, whatever the state: a step that never waits, or an
/// acquisition of what the other acquired.
public enum Access {
    /// Looks at the object; commutes with other looks.
    READ,
    /// Looks at the object and may change it in any way.
    WRITE,
    /// Adds to the object without looking at it; commutes with other additions.
    ADD,
    /// A look that is disabled until what it waits for holds.
    AWAIT,
    /// Takes a lock for itself alone; disabled while anybody holds it.
    ACQUIRE,
    /// Takes a lock together with other sharers; disabled while a writer holds it or waits for it.
    ACQUIRE_SHARED,
    /// Joins the waiting writers of a reader/writer lock: from here on new sharers wait.
    QUEUE,
    /// Takes a reader/writer lock for itself alone after [#QUEUE].
    ACQUIRE_QUEUED,
    /// Gives a lock up that was held alone.
    RELEASE,
    /// Gives up a share of a lock; other sharers come and go meanwhile.
    RELEASE_SHARED,
    /// Tries to take a lock and goes on either way.
    TRY,
    /// Touches no shared object.
    LOCAL;

    private static final int COUNT = values().length;
    private static final boolean[] DEPENDENT = new boolean[COUNT * COUNT];
    private static final boolean[] REVERSIBLE = new boolean[COUNT * COUNT];

    static {
        both(READ, WRITE);
        both(READ, ADD);
        both(WRITE, WRITE);
        both(WRITE, ADD);
        both(WRITE, AWAIT);
        both(ADD, AWAIT);
        both(ACQUIRE, ACQUIRE);
        both(ACQUIRE, ACQUIRE_SHARED);
        both(ACQUIRE, QUEUE);
        both(ACQUIRE, ACQUIRE_QUEUED);
        both(ACQUIRE_SHARED, QUEUE);
        both(ACQUIRE_QUEUED, ACQUIRE_QUEUED);
        // A queued writer keeps new sharers out, so the two are never enabled together; the race that
        // decides who comes first is between the sharer and QUEUE.
        ordered(ACQUIRE_SHARED, ACQUIRE_QUEUED);
        for (Access acquisition : new Access[] {ACQUIRE, ACQUIRE_SHARED, ACQUIRE_QUEUED}) {
            ordered(RELEASE, acquisition);
        }
        ordered(RELEASE_SHARED, ACQUIRE);
        ordered(RELEASE_SHARED, ACQUIRE_QUEUED);
        // A lock that is tried, or looked at: whether it is taken, and by whom.
        for (Access lock : new Access[] {
            ACQUIRE, ACQUIRE_SHARED, ACQUIRE_QUEUED, QUEUE, RELEASE, RELEASE_SHARED, TRY
        }) {
            both(TRY, lock);
            both(READ, lock);
            both(AWAIT, lock);
            both(WRITE, lock);
        }
    }

    private static final boolean[] WAITS = new boolean[COUNT];
    private static final boolean[] CERTAIN = new boolean[COUNT * COUNT];

    static {
        for (Access later : values()) {
            boolean waits = later == AWAIT || later == ACQUIRE || later == ACQUIRE_SHARED || later == ACQUIRE_QUEUED;
            WAITS[later.ordinal()] = waits;
            for (Access earlier : values()) {
                CERTAIN[earlier.ordinal() * COUNT + later.ordinal()] =
                        !waits || earlier == later && (later == ACQUIRE || later == ACQUIRE_QUEUED);
            }
        }
    }

    private static final Access[] VALUES = values();

    private static void both(Access a, Access b) {
        ordered(a, b);
        REVERSIBLE[a.ordinal() * COUNT + b.ordinal()] = true;
        REVERSIBLE[b.ordinal() * COUNT + a.ordinal()] = true;
    }

    private static void ordered(Access a, Access b) {
        DEPENDENT[a.ordinal() * COUNT + b.ordinal()] = true;
        DEPENDENT[b.ordinal() * COUNT + a.ordinal()] = true;
    }

    /// {@return whether it may change the object: a look does not, nor does one that waits}
    boolean changes() {
        return this != READ && this != AWAIT && this != LOCAL;
    }

    /// {@return the access with that ordinal}
    public static Access of(int ordinal) {
        return VALUES[ordinal];
    }

    /// {@return whether two accesses to overlapping parts of one object are ordered by happens-before}
    public static boolean dependent(int ordinalA, int ordinalB) {
        return DEPENDENT[ordinalA * COUNT + ordinalB];
    }

    /// {@return whether the later of two dependent accesses can have been enabled before the earlier one}
    public static boolean reversible(int ordinalA, int ordinalB) {
        return REVERSIBLE[ordinalA * COUNT + ordinalB];
    }

    /// {@return whether the later of two reversible accesses could surely have been taken where the earlier one was}
    public static boolean certain(int ordinalEarlier, int ordinalLater) {
        return CERTAIN[ordinalEarlier * COUNT + ordinalLater];
    }

    /// {@return whether such an access may be disabled}
    public static boolean waits(int ordinal) {
        return WAITS[ordinal];
    }
}
