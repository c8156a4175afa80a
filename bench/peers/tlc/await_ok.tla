---- MODULE await_ok ----
\* A spin lock that is first looked at and then taken, while its first owner gives it up.
EXTENDS Naturals

VARIABLES at, freed, data

vars == <<at, freed, data>>
Tasks == 0..1
End == 3

Init ==
    /\ at = [t \in Tasks |-> 0]
    /\ freed = 0
    /\ data = 0

Goto(t, place) == at' = [at EXCEPT ![t] = place]

Owner(t) ==
    /\ t = 0
    /\ \/ at[t] = 0 /\ data' = 1 /\ Goto(t, 1) /\ UNCHANGED freed
       \/ at[t] = 1 /\ freed' = 1 /\ Goto(t, End) /\ UNCHANGED data

Taker(t) ==
    /\ t = 1
    /\ \/ at[t] = 0 /\ freed = 0 /\ UNCHANGED <<at, freed>>
       \/ at[t] = 0 /\ freed = 1 /\ Goto(t, 1) /\ UNCHANGED freed
       \/ at[t] = 1 /\ freed = 0 /\ Goto(t, 0) /\ UNCHANGED freed
       \/ at[t] = 1 /\ freed = 1 /\ freed' = 0 /\ Goto(t, 2)
       \/ at[t] = 2 /\ data = 1 /\ Goto(t, End) /\ UNCHANGED freed
    /\ UNCHANGED data

P(t) == Owner(t) \/ Taker(t)

Ended == \A t \in Tasks : at[t] = End
Done == Ended /\ UNCHANGED vars

Next == Done \/ \E t \in Tasks : P(t)
Spec == Init /\ [][Next]_vars /\ \A t \in Tasks : WF_vars(P(t))

InAfterTheOwner == at[1] = 2 => data = 1
Termination == <>Ended
====
