---- MODULE backoff ----
\* Each takes its lock, tries the other's, and gives up its own if that fails.
EXTENDS Locks

VARIABLE at

vars == <<at, lock>>
Tasks == 0..1
End == 5

Init ==
    /\ at = [t \in Tasks |-> 0]
    /\ lock = [l \in Tasks |-> 0]

Goto(t, place) == at' = [at EXCEPT ![t] = place]

P(t) ==
    \/ at[t] = 0 /\ Lock(t, t) /\ Goto(t, 1)
    \/ at[t] = 1 /\ Lock(t, 1 - t) /\ Goto(t, 3)
    \/ at[t] = 1 /\ lock[1 - t] # 0 /\ Goto(t, 2) /\ UNCHANGED lock
    \/ at[t] = 2 /\ Unlock(t) /\ Goto(t, 0)
    \/ at[t] = 3 /\ Unlock(1 - t) /\ Goto(t, 4)
    \/ at[t] = 4 /\ Unlock(t) /\ Goto(t, End)

Ended == \A t \in Tasks : at[t] = End
Done == Ended /\ UNCHANGED vars

Next == Done \/ \E t \in Tasks : P(t)
Spec == Init /\ [][Next]_vars /\ \A t \in Tasks : WF_vars(P(t))

Termination == <>Ended
====
