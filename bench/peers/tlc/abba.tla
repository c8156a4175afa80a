---- MODULE abba ----
\* Two locks taken crosswise: a read with a faulting buffer against a fault that needs the inode.
EXTENDS Locks

VARIABLE at

vars == <<at, lock>>
Tasks == 0..1

Init ==
    /\ at = [t \in Tasks |-> 0]
    /\ lock = [l \in Tasks |-> 0]

P(t) ==
    /\ \/ at[t] = 0 /\ Lock(t, t)
       \/ at[t] = 1 /\ Lock(t, 1 - t)
       \/ at[t] = 2 /\ Unlock(1 - t)
       \/ at[t] = 3 /\ Unlock(t)
    /\ at' = [at EXCEPT ![t] = @ + 1]

Done == (\A t \in Tasks : at[t] = 4) /\ UNCHANGED vars

Next == Done \/ \E t \in Tasks : P(t)
Spec == Init /\ [][Next]_vars
====
