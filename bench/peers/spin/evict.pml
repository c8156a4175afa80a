/* The environment may undo the work each time. It makes no progress by that, but need not go on either: the cycle is
   the environment's, which SPIN can only be told by a label. */
byte page;
active proctype P() {
    byte seen;
    do
    :: seen = page
    :: break
    od
}
