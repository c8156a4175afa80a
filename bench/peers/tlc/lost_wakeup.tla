---- MODULE lost_wakeup ----
\* The condition is looked at before the queue is joined.
EXTENDS Naturals

VARIABLES at, condition, queued

vars == <<at, condition, queued>>
Tasks == 0..1
End == 3

Init ==
    /\ at = [t \in Tasks |-> 0]
    /\ condition = 0
    /\ queued = 0

Goto(t, place) == at' = [at EXCEPT ![t] = place]

Sleeper(t) ==
    /\ t = 0
    /\ \/ at[t] = 0 /\ condition = 0 /\ Goto(t, 1) /\ UNCHANGED queued
       \/ at[t] = 0 /\ condition = 1 /\ Goto(t, End) /\ UNCHANGED queued
       \/ at[t] = 1 /\ queued' = 1 /\ Goto(t, 2)
       \/ at[t] = 2 /\ queued = 0 /\ Goto(t, End) /\ UNCHANGED queued
    /\ UNCHANGED condition

Waker(t) ==
    /\ t = 1
    /\ \/ at[t] = 0 /\ condition' = 1 /\ Goto(t, 1) /\ UNCHANGED queued
       \/ at[t] = 1 /\ queued' = 0 /\ Goto(t, End) /\ UNCHANGED condition

Done == (\A t \in Tasks : at[t] = End) /\ UNCHANGED vars

Next == Done \/ \E t \in Tasks : Sleeper(t) \/ Waker(t)
Spec == Init /\ [][Next]_vars
====
