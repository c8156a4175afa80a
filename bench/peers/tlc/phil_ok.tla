---- MODULE phil_ok ----
\* N philosophers who all take the fork with the lower number first.
EXTENDS Locks

CONSTANT N
VARIABLE at

vars == <<at, lock>>
Tasks == 0..N - 1

Init ==
    /\ at = [t \in Tasks |-> 0]
    /\ lock = [l \in Tasks |-> 0]

First(t) == IF t = N - 1 THEN 0 ELSE t
Second(t) == IF t = N - 1 THEN t ELSE t + 1

P(t) ==
    /\ \/ at[t] = 0 /\ Lock(t, First(t))
       \/ at[t] = 1 /\ Lock(t, Second(t))
       \/ at[t] = 2 /\ Unlock(Second(t))
       \/ at[t] = 3 /\ Unlock(First(t))
    /\ at' = [at EXCEPT ![t] = @ + 1]

Done == (\A t \in Tasks : at[t] = 4) /\ UNCHANGED vars

Next == Done \/ \E t \in Tasks : P(t)
Spec == Init /\ [][Next]_vars
====
