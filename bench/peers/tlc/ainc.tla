---- MODULE ainc ----
\* N tasks each add one to one word.
EXTENDS Naturals

CONSTANT N
VARIABLES at, word

vars == <<at, word>>
Tasks == 0..N - 1

Init ==
    /\ at = [t \in Tasks |-> 0]
    /\ word = 0

P(t) ==
    /\ at[t] = 0
    /\ word' = word + 1
    /\ at' = [at EXCEPT ![t] = 1]

Done == (\A t \in Tasks : at[t] = 1) /\ UNCHANGED vars

Next == Done \/ \E t \in Tasks : P(t)
Spec == Init /\ [][Next]_vars
====
