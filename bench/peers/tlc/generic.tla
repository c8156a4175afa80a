---- MODULE generic ----
\* A retry that counts: its state never recurs. TLC would go on for ever, as its integers do for a very long time; it is told to
\* leave off after that many states, and says then how many are left.
EXTENDS Naturals, TLC

CONSTANT Limit
VARIABLES at, count, word

vars == <<at, count, word>>
Tasks == {0}
End == 1

Init ==
    /\ at = [t \in Tasks |-> 0]
    /\ count = [t \in Tasks |-> 0]
    /\ word = 0

P(t) ==
    /\ at[t] = 0
    /\ \/ word = 0 /\ count' = [count EXCEPT ![t] = @ + 1] /\ UNCHANGED at
       \/ word # 0 /\ at' = [at EXCEPT ![t] = End] /\ UNCHANGED count
    /\ UNCHANGED word

Ended == \A t \in Tasks : at[t] = End
Done == Ended /\ UNCHANGED vars

Next == Done \/ \E t \in Tasks : P(t)
Spec == Init /\ [][Next]_vars /\ \A t \in Tasks : WF_vars(P(t))

LeaveOff == TLCGet("distinct") < Limit \/ TLCSet("exit", TRUE)
Termination == <>Ended
====
