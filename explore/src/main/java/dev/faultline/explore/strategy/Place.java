package dev.faultline.explore.strategy;

import org.jspecify.annotations.Nullable;

/// A decision that several explorers share, with what is left to try there. Guarded by its [Frontier].
final class Place {
    /// The shared decision before this one; none at the root.
    final @Nullable Place parent;
    /// What is chosen at the parent on the way here.
    final int branch;
    final int depth;
    final int step;
    final int alternatives;
    final long enabled;
    /// The tasks that need not be tried here; for a choice, behind it.
    final long sleeping;
    /// The tasks whose subtrees are explored, or being explored.
    long tried;
    /// For a choice of the environment, the first alternative that nobody has begun.
    int nextChoice;
    /// The branches that nobody has begun; for a choice, those that some alternatives begin with.
    @Nullable Wakeup planned;
    /// The part of the whole tree that lies below, by what is known so far.
    final double weight;

    Place(@Nullable Place parent, int branch, Decisions from, int d, double weight) {
        this(parent, branch, from.step(d), from.alternatives(d), from.enabled(d),
                from.alternatives(d) > 0 ? from.sleepingBehind(d) : from.sleeping(d), weight);
        this.tried = from.tried(d);
        this.nextChoice = from.chosen(d) + 1;
        this.planned = alternatives > 0 ? from.planned(d) : possible(from.planned(d));
    }

    /// {@return the branches from that one on that can be begun}
    private @Nullable Wakeup possible(@Nullable Wakeup branch) {
        if (branch == null) {
            return null;
        }
        Wakeup rest = possible(branch.next);
        if ((enabled & ~sleeping & ~tried & 1L << branch.taskHere) == 0) {
            return rest;
        }
        branch.next = rest;
        return branch;
    }

    Place(@Nullable Place parent, int branch, int step, int alternatives, long enabled, long sleeping, double weight) {
        this.parent = parent;
        this.branch = branch;
        this.depth = parent == null ? 0 : parent.depth + 1;
        this.step = step;
        this.alternatives = alternatives;
        this.enabled = enabled;
        this.sleeping = sleeping;
        this.weight = weight;
    }

    boolean hasWork() {
        return alternatives > 0 ? nextChoice < alternatives : planned != null;
    }

    /// {@return into how many parts of its weight it is divided, by what is known so far}
    int parts() {
        int parts = alternatives;
        if (alternatives == 0) {
            parts = Long.bitCount(tried);
            for (Wakeup branch = planned; branch != null; branch = branch.next) {
                parts++;
            }
        }
        return Math.max(1, parts);
    }
}
