/* Faulting in succeeds, and what needed it fails again. */
byte page;
active proctype P() {
    do
    :: page == 2 -> break
    :: page != 2 -> page = 1
    od
}
