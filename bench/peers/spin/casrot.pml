/* N tasks, of which task i turns a word from i to i + 1 if it finds i there. */
byte word;
active [N] proctype P() {
    if
    :: atomic { word == _pid -> word = _pid + 1 }
    :: word != _pid
    fi
}
