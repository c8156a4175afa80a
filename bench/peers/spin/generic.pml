/* A retry that counts: its state never recurs. */
byte word;
active proctype P() {
    int count = 0;
    do
    :: atomic { word == 0 -> count++ }
    :: word != 0 -> break
    od
}
