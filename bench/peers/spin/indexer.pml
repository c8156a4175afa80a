/* N tasks put 4 messages each into a table of 128 places by compare-and-swap. What concerns the task alone is done in
   the step before. */
byte table[128];
active [N] proctype P() {
    byte m = 1, hash;
    hash = ((m * 11 + _pid) * 7) % 128;
    do
    :: atomic { m <= 4 && table[hash] == 0 ->
           table[hash] = m * 11 + _pid; m++; hash = ((m * 11 + _pid) * 7) % 128 }
    :: atomic { m <= 4 && table[hash] != 0 -> hash = (hash + 1) % 128 }
    :: m > 4 -> break
    od
}
