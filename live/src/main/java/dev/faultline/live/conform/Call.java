package dev.faultline.live.conform;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/// One action of a program: a system call by its name, or an access to memory by one of the names below.
public record Call(String name, List<Operand> operands) {
    /// Loads `SIZE` bytes: `load(ADDRESS, SIZE)`.
    public static final String LOAD = "load";
    /// Stores the low bytes of a value: `store(ADDRESS, SIZE, VALUE)`.
    public static final String STORE = "store";
    /// Fills memory: `fill(ADDRESS, LENGTH, VALUE)`; byte `i` becomes `VALUE + i / 256`.
    public static final String FILL = "fill";
    /// Reads memory, all of it an answer: `show(ADDRESS, LENGTH)`.
    public static final String SHOW = "show";

    /// Forks: what follows is done by the child, until it exits. The parent waits meanwhile. Nothing in a child.
    public static final String FORK = "fork";
    /// The end of a child; nothing where there is none.
    public static final String EXIT = "_exit";

    /// Opens a userfaultfd, and starts a thread that serves its faults until the end of the program: `serve(FLAGS, FEATURES)`.
    public static final String SERVE = "serve";

    /// Requests for later, by what is asked for and the number of the command: what follows is submitted alone and waited for.
    /// Transfers take what preadv2(2) takes, the others a descriptor.
    static final SortedMap<String, Integer> REQUESTS = Collections.unmodifiableSortedMap(new TreeMap<>(Map.of(
            "aio_read", 0, "aio_write", 1, "aio_fsync", 2, "aio_fdsync", 3, "aio_readv", 7, "aio_writev", 8)));
    /// The system calls that a request is made with.
    public static final List<String> OF_REQUESTS = List.of("io_setup", "io_submit", "io_getevents", "io_destroy");

    /// The same operands for ever.
    public Call {
        operands = List.copyOf(operands);
    }

    /// {@return a call with values of registers only}
    public static Call of(String name, long... values) {
        List<Operand> operands = new ArrayList<>();
        for (long value : values) {
            operands.add(Operand.of(value));
        }
        return new Call(name, operands);
    }

    /// {@return the opening of a file}
    public static Call open(String file, long flags) {
        return new Call("open", List.of(new Operand.Path(file), Operand.of(flags), Operand.of(0600)));
    }

    /// {@return whether this is no system call}
    public boolean isAccess() {
        return Stream.of(LOAD, STORE, FILL, SHOW).anyMatch(name::equals);
    }

    /// {@return whether this is one of [#REQUESTS]}
    public boolean isRequest() {
        return REQUESTS.containsKey(name);
    }

    /// {@return the number of the command of a request}
    int command() {
        return Optional.ofNullable(REQUESTS.get(name)).orElseThrow();
    }

    /// {@return whether this is fork(2) or the end of a child}
    public boolean isProcess() {
        return name.equals(FORK) || name.equals(EXIT);
    }

    /// {@return the value of the register for operand `index`; 0 for one that is no register}
    public long number(int index) {
        return index < operands.size() && operands.get(index) instanceof Operand.Number(long value) ? value : 0;
    }

    /// {@return the call with another operand}
    public Call with(int index, Operand operand) {
        List<Operand> changed = new ArrayList<>(operands);
        changed.set(index, operand);
        return new Call(name, changed);
    }
}
