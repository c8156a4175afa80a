/* A lock is a word: 0 where it is free, else one more than the number of its owner. Each macro is one step. */
#define LOCK(l)    atomic { (l) == 0 -> l = _pid + 1 }
#define UNLOCK(l)  l = 0
