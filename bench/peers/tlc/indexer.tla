---- MODULE indexer ----
\* N tasks put 4 messages each into a table of 128 places by compare-and-swap. A task is at its m-th message.
EXTENDS Naturals

CONSTANT N
VARIABLES at, hash, table

vars == <<at, hash, table>>
Tasks == 0..N - 1
Size == 128
Message(t, m) == m * 11 + t
Hash(t, m) == (Message(t, m) * 7) % Size

Init ==
    /\ at = [t \in Tasks |-> 1]
    /\ hash = [t \in Tasks |-> Hash(t, 1)]
    /\ table = [i \in 0..Size - 1 |-> 0]

P(t) ==
    /\ at[t] <= 4
    /\ \/ /\ table[hash[t]] = 0
          /\ table' = [table EXCEPT ![hash[t]] = Message(t, at[t])]
          /\ at' = [at EXCEPT ![t] = @ + 1]
          /\ hash' = [hash EXCEPT ![t] = Hash(t, at[t] + 1)]
       \/ /\ table[hash[t]] # 0
          /\ hash' = [hash EXCEPT ![t] = (@ + 1) % Size]
          /\ UNCHANGED <<at, table>>

Done == (\A t \in Tasks : at[t] = 5) /\ UNCHANGED vars

Next == Done \/ \E t \in Tasks : P(t)
Spec == Init /\ [][Next]_vars
====
