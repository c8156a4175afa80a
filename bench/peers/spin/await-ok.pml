/* A spin lock that is first looked at and then taken, while its first owner gives it up. */
bit freed, data;
active proctype Owner() {
    data = 1;
    freed = 1
}
active proctype Taker() {
    do
    :: freed == 0
    :: freed == 1 ->
        if
        :: atomic { freed == 1 -> freed = 0; break }
        :: freed == 0
        fi
    od;
    assert(data == 1)
}
