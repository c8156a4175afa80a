/* The condition is looked at before the queue is joined. */
bit condition, queued;
active proctype Sleeper() {
    if
    :: condition == 0 -> queued = 1; queued == 0
    :: condition == 1
    fi
}
active proctype Waker() {
    condition = 1;
    queued = 0
}
