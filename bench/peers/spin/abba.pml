/* Two locks taken crosswise: a read with a faulting buffer against a fault that needs the inode. */
#include "locks.h"
byte lock[2];
active [2] proctype P() {
    LOCK(lock[_pid]);
    LOCK(lock[1 - _pid]);
    UNLOCK(lock[1 - _pid]);
    UNLOCK(lock[_pid])
}
