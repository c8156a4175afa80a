/* The same with N steps before that concern nobody else. */
#include "locks.h"
byte lock[2];
byte cell[2];
active [2] proctype P() {
    byte k = 0;
    do
    :: atomic { k < N -> cell[_pid] = k; k++ }
    :: k >= N -> break
    od;
    LOCK(lock[_pid]);
    LOCK(lock[1 - _pid]);
    UNLOCK(lock[1 - _pid]);
    UNLOCK(lock[_pid])
}
