---- MODULE abba_pad ----
\* The same with N steps before that concern nobody else.
EXTENDS Locks

CONSTANT N
VARIABLES at, cell

vars == <<at, lock, cell>>
Tasks == 0..1

Init ==
    /\ at = [t \in Tasks |-> 0]
    /\ lock = [l \in Tasks |-> 0]
    /\ cell = [t \in Tasks |-> 0]

Pad(t) == at[t] < N /\ cell' = [cell EXCEPT ![t] = at[t]] /\ UNCHANGED lock

P(t) ==
    /\ \/ Pad(t)
       \/ at[t] = N /\ Lock(t, t) /\ UNCHANGED cell
       \/ at[t] = N + 1 /\ Lock(t, 1 - t) /\ UNCHANGED cell
       \/ at[t] = N + 2 /\ Unlock(1 - t) /\ UNCHANGED cell
       \/ at[t] = N + 3 /\ Unlock(t) /\ UNCHANGED cell
    /\ at' = [at EXCEPT ![t] = @ + 1]

Done == (\A t \in Tasks : at[t] = N + 4) /\ UNCHANGED vars

Next == Done \/ \E t \in Tasks : P(t)
Spec == Init /\ [][Next]_vars
====
