package dev.faultline.explore.strategy;

import org.jspecify.annotations.Nullable;

/// A subtree that one explorer goes through by itself.
///
/// @param place    the shared decision above it; none for the whole tree
/// @param branch   what is chosen there
/// @param sleeping the tasks that need not come first in the subtree, unless the branch disturbs them
/// @param ahead    what is planned behind the branch
/// @param weight   the part of the whole tree that it is, by what is known when it is begun
/// @param begun    the decisions of its present execution below the place, if it was interrupted
record Job(
        @Nullable Place place, int branch, long sleeping, @Nullable Wakeup ahead, double weight,
        @Nullable Decisions begun) {
    /// The whole tree.
    static final Job ALL = new Job(null, 0, 0, null, 1, null);
}
