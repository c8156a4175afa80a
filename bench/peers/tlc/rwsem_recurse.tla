---- MODULE rwsem_recurse ----
\* A lock that a reader takes twice while a writer may queue for it in between, and another reader. A reader waits behind a
\* writer that is in the queue.
EXTENDS Naturals

VARIABLES at, readers, waiting, writer

vars == <<at, readers, waiting, writer>>
Tasks == 0..2

Init ==
    /\ at = [t \in Tasks |-> 0]
    /\ readers = 0
    /\ waiting = 0
    /\ writer = 0

DownRead == writer = 0 /\ waiting = 0 /\ readers' = readers + 1 /\ UNCHANGED <<waiting, writer>>
UpRead == readers' = readers - 1 /\ UNCHANGED <<waiting, writer>>

Twice(t) ==
    /\ t = 0
    /\ \/ at[t] \in 0..1 /\ DownRead
       \/ at[t] \in 2..3 /\ UpRead

Once(t) ==
    /\ t = 1
    /\ \/ at[t] = 0 /\ DownRead
       \/ at[t] = 1 /\ UpRead

Write(t) ==
    /\ t = 2
    /\ \/ at[t] = 0 /\ waiting' = waiting + 1 /\ UNCHANGED <<readers, writer>>
       \/ at[t] = 1 /\ writer = 0 /\ readers = 0 /\ waiting' = waiting - 1 /\ writer' = 1 /\ UNCHANGED readers
       \/ at[t] = 2 /\ writer' = 0 /\ UNCHANGED <<readers, waiting>>

P(t) == (Twice(t) \/ Once(t) \/ Write(t)) /\ at' = [at EXCEPT ![t] = @ + 1]

Done == at[0] = 4 /\ at[1] = 2 /\ at[2] = 3 /\ UNCHANGED vars

Next == Done \/ \E t \in Tasks : P(t)
Spec == Init /\ [][Next]_vars
====
