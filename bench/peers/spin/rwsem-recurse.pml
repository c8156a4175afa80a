/* A lock that a reader takes twice while a writer may queue for it in between, and another reader. */
byte readers, waiting, writer;
#define DOWN_READ  atomic { writer == 0 && waiting == 0 -> readers++ }
#define UP_READ    readers--
active [3] proctype P() {
    if
    :: _pid == 0 -> DOWN_READ; DOWN_READ; UP_READ; UP_READ
    :: _pid == 1 -> DOWN_READ; UP_READ
    :: _pid == 2 -> waiting++; atomic { writer == 0 && readers == 0 -> waiting--; writer = 1 }; writer = 0
    fi
}
