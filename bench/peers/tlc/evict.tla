---- MODULE evict ----
\* The environment may undo the work each time. TLA+ can say that it does not do so for ever: where it can keep the page again
\* and again it keeps it once, which is strong fairness. Without this conjunct TLC reports the environment's cycle.
EXTENDS Naturals

VARIABLES at, page

vars == <<at, page>>
Tasks == {0}
End == 2

Init ==
    /\ at = [t \in Tasks |-> 0]
    /\ page = 0

Goto(t, place) == at' = [at EXCEPT ![t] = place]

Keep(t) == at[t] = 0 /\ Goto(t, End) /\ UNCHANGED page
Evict(t) == at[t] = 0 /\ Goto(t, 1) /\ UNCHANGED page
Look(t) == at[t] = 1 /\ page = 0 /\ Goto(t, 0) /\ UNCHANGED page
P(t) == Keep(t) \/ Evict(t) \/ Look(t)

Ended == \A t \in Tasks : at[t] = End
Done == Ended /\ UNCHANGED vars

Next == Done \/ \E t \in Tasks : P(t)
TasksGoOn == Init /\ [][Next]_vars /\ \A t \in Tasks : WF_vars(P(t))
Spec == TasksGoOn /\ \A t \in Tasks : SF_vars(Keep(t))

Termination == <>Ended
====
