/* N tasks each add one to one word. */
byte word;
active [N] proctype P() {
    word++
}
