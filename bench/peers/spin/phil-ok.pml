/* N philosophers who all take the fork with the lower number first. */
#include "locks.h"
byte fork[N];
active [N] proctype P() {
    byte first, second;
    d_step {
        if
        :: _pid == N - 1 -> first = 0; second = N - 1
        :: else -> first = _pid; second = _pid + 1
        fi
    };
    LOCK(fork[first]);
    LOCK(fork[second]);
    UNLOCK(fork[second]);
    UNLOCK(fork[first])
}
