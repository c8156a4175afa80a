---- MODULE filesystem ----
\* N tasks allocate blocks to 32 inodes, from 26 blocks, each under its lock. The blocks' locks come behind the inodes'.
EXTENDS Locks

CONSTANT N
VARIABLES at, block, inode, busy

vars == <<at, lock, block, inode, busy>>
Tasks == 0..N - 1
Inodes == 32
Blocks == 26
End == 9

Init ==
    /\ at = [t \in Tasks |-> 0]
    /\ lock = [l \in 0..Inodes + Blocks - 1 |-> 0]
    /\ block = [t \in Tasks |-> (t * 2) % Blocks]
    /\ inode = [i \in 0..Inodes - 1 |-> 0]
    /\ busy = [b \in 0..Blocks - 1 |-> 0]

Goto(t, place) == at' = [at EXCEPT ![t] = place]
BlockLock(t) == Inodes + block[t]

OfInode(t) ==
    /\ \/ at[t] = 0 /\ Lock(t, t) /\ Goto(t, 1)
       \/ at[t] = 1 /\ inode[t] = 0 /\ Goto(t, 2) /\ UNCHANGED lock
       \/ at[t] = 1 /\ inode[t] # 0 /\ Goto(t, 8) /\ UNCHANGED lock
       \/ at[t] = 8 /\ Unlock(t) /\ Goto(t, End)
    /\ UNCHANGED <<block, inode, busy>>

OfBlock(t) ==
    /\ \/ at[t] = 2 /\ Lock(t, BlockLock(t)) /\ Goto(t, 3) /\ UNCHANGED block
       \/ at[t] = 3 /\ busy[block[t]] = 0 /\ Goto(t, 4) /\ UNCHANGED <<lock, block>>
       \/ at[t] = 3 /\ busy[block[t]] # 0 /\ Goto(t, 7) /\ UNCHANGED <<lock, block>>
       \/ at[t] = 6 /\ Unlock(BlockLock(t)) /\ Goto(t, 8) /\ UNCHANGED block
       \/ at[t] = 7 /\ Unlock(BlockLock(t)) /\ Goto(t, 2) /\ block' = [block EXCEPT ![t] = (@ + 1) % Blocks]
    /\ UNCHANGED <<inode, busy>>

Allocate(t) ==
    /\ \/ at[t] = 4 /\ busy' = [busy EXCEPT ![block[t]] = 1] /\ Goto(t, 5) /\ UNCHANGED inode
       \/ at[t] = 5 /\ inode' = [inode EXCEPT ![t] = block[t] + 1] /\ Goto(t, 6) /\ UNCHANGED busy
    /\ UNCHANGED <<lock, block>>

Done == (\A t \in Tasks : at[t] = End) /\ UNCHANGED vars

Next == Done \/ \E t \in Tasks : OfInode(t) \/ OfBlock(t) \/ Allocate(t)
Spec == Init /\ [][Next]_vars
====
