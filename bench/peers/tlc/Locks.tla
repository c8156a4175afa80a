---- MODULE Locks ----
\* A lock is a word: 0 where it is free, else one more than the number of its owner. Each action is one step.
EXTENDS Naturals

VARIABLE lock

Lock(t, l) == lock[l] = 0 /\ lock' = [lock EXCEPT ![l] = t + 1]
Unlock(l) == lock' = [lock EXCEPT ![l] = 0]
====
