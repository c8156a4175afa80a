/* One writer and N readers of one word. */
byte word;
active [N + 1] proctype P() {
    byte seen;
    if
    :: _pid == 0 -> word = 1
    :: _pid > 0 -> seen = word
    fi
}
