---- MODULE phil_dl ----
\* N philosophers, each of whom takes the left fork first.
EXTENDS Locks

CONSTANT N
VARIABLE at

vars == <<at, lock>>
Tasks == 0..N - 1

Init ==
    /\ at = [t \in Tasks |-> 0]
    /\ lock = [l \in Tasks |-> 0]

Right(t) == (t + 1) % N

P(t) ==
    /\ \/ at[t] = 0 /\ Lock(t, t)
       \/ at[t] = 1 /\ Lock(t, Right(t))
       \/ at[t] = 2 /\ Unlock(Right(t))
       \/ at[t] = 3 /\ Unlock(t)
    /\ at' = [at EXCEPT ![t] = @ + 1]

Done == (\A t \in Tasks : at[t] = 4) /\ UNCHANGED vars

Next == Done \/ \E t \in Tasks : P(t)
Spec == Init /\ [][Next]_vars
====
