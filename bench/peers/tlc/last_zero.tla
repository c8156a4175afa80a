---- MODULE last_zero ----
\* One task looks for the last zero in an array, N tasks each increment one place.
EXTENDS Naturals

CONSTANT N
VARIABLES at, cell, place, seen

vars == <<at, cell, place, seen>>
Tasks == 0..N
End == 2

Init ==
    /\ at = [t \in Tasks |-> 0]
    /\ cell = [i \in 0..N |-> 0]
    /\ place = N
    /\ seen = [t \in Tasks |-> 0]

Goto(t, position) == at' = [at EXCEPT ![t] = position]

Look(t) ==
    /\ t = 0 /\ at[t] = 0
    /\ \/ cell[place] # 0 /\ place' = place - 1 /\ UNCHANGED at
       \/ cell[place] = 0 /\ Goto(t, End) /\ UNCHANGED place
    /\ UNCHANGED <<cell, seen>>

\* What is of no use any more is forgotten, so that it does not tell states apart.
Increment(t) ==
    /\ t > 0
    /\ \/ at[t] = 0 /\ seen' = [seen EXCEPT ![t] = cell[t - 1]] /\ Goto(t, 1) /\ UNCHANGED cell
       \/ at[t] = 1 /\ cell' = [cell EXCEPT ![t] = seen[t] + 1] /\ seen' = [seen EXCEPT ![t] = 0] /\ Goto(t, End)
    /\ UNCHANGED place

Done == (\A t \in Tasks : at[t] = End) /\ UNCHANGED vars

Next == Done \/ \E t \in Tasks : Look(t) \/ Increment(t)
Spec == Init /\ [][Next]_vars
====
