/* Each takes its lock, tries the other's, and gives up its own if that fails. */
#include "locks.h"
byte lock[2];
active [2] proctype P() {
    do
    :: LOCK(lock[_pid]);
       if
       :: atomic { lock[1 - _pid] == 0 -> lock[1 - _pid] = _pid + 1 }; break
       :: lock[1 - _pid] != 0 -> UNLOCK(lock[_pid])
       fi
    od;
    UNLOCK(lock[1 - _pid]);
    UNLOCK(lock[_pid])
}
