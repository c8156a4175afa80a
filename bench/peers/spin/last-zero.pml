/* One task looks for the last zero in an array, N tasks each increment one place. */
byte cell[N + 1];
active [N + 1] proctype P() {
    byte seen, at = N;
    if
    :: _pid == 0 ->
        do
        :: atomic { cell[at] != 0 -> at-- }
        :: cell[at] == 0 -> break
        od
    :: _pid > 0 -> seen = cell[_pid - 1]; cell[_pid] = seen + 1
    fi
}
