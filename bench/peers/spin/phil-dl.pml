/* N philosophers, each of whom takes the left fork first. */
#include "locks.h"
byte fork[N];
active [N] proctype P() {
    LOCK(fork[_pid]);
    LOCK(fork[(_pid + 1) % N]);
    UNLOCK(fork[(_pid + 1) % N]);
    UNLOCK(fork[_pid])
}
