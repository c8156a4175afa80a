---- MODULE fault_in ----
\* Faulting in succeeds, and what needed it fails again.
EXTENDS Naturals

VARIABLES at, page

vars == <<at, page>>
Tasks == {0}
End == 2

Init ==
    /\ at = [t \in Tasks |-> 0]
    /\ page = 0

Goto(t, place) == at' = [at EXCEPT ![t] = place]

P(t) ==
    \/ at[t] = 0 /\ page = 2 /\ Goto(t, End) /\ UNCHANGED page
    \/ at[t] = 0 /\ page # 2 /\ Goto(t, 1) /\ UNCHANGED page
    \/ at[t] = 1 /\ page' = 1 /\ Goto(t, 0)

Ended == \A t \in Tasks : at[t] = End
Done == Ended /\ UNCHANGED vars

Next == Done \/ \E t \in Tasks : P(t)
Spec == Init /\ [][Next]_vars /\ \A t \in Tasks : WF_vars(P(t))

Termination == <>Ended
====
