---- MODULE readers ----
\* One writer and N readers of one word. Nobody needs what they read, so it is not kept.
EXTENDS Naturals

CONSTANT N
VARIABLES at, word

vars == <<at, word>>
Tasks == 0..N

Init ==
    /\ at = [t \in Tasks |-> 0]
    /\ word = 0

P(t) ==
    /\ at[t] = 0
    /\ \/ t = 0 /\ word' = 1
       \/ t > 0 /\ word \in 0..1 /\ UNCHANGED word
    /\ at' = [at EXCEPT ![t] = 1]

Done == (\A t \in Tasks : at[t] = 1) /\ UNCHANGED vars

Next == Done \/ \E t \in Tasks : P(t)
Spec == Init /\ [][Next]_vars
====
