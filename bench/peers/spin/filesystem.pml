/* N tasks allocate blocks to 32 inodes, from 26 blocks, each under its lock. */
#include "locks.h"
#define INODES 32
#define BLOCKS 26
byte inodeLock[INODES], blockLock[BLOCKS], inode[INODES];
bit busy[BLOCKS];
active [N] proctype P() {
    byte block = (_pid * 2) % BLOCKS;
    LOCK(inodeLock[_pid]);
    if
    :: inode[_pid] != 0
    :: inode[_pid] == 0 ->
        do
        :: LOCK(blockLock[block]);
           if
           :: busy[block] == 0 ->
               busy[block] = 1;
               inode[_pid] = block + 1;
               UNLOCK(blockLock[block]);
               break
           :: busy[block] == 1 ->
               UNLOCK(blockLock[block]);
               block = (block + 1) % BLOCKS
           fi
        od
    fi;
    UNLOCK(inodeLock[_pid])
}
