---- MODULE casrot ----
\* N tasks, of which task t turns a word from t to t + 1 if it finds t there.
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
    /\ word' = IF word = t THEN t + 1 ELSE word
    /\ at' = [at EXCEPT ![t] = 1]

Done == (\A t \in Tasks : at[t] = 1) /\ UNCHANGED vars

Next == Done \/ \E t \in Tasks : P(t)
Spec == Init /\ [][Next]_vars
====
