package dev.faultline.live.conform;

import java.util.ArrayList;
import java.util.List;

/// How often each call is drawn.
final class Weights {
    private Weights() {}

    /// {@return the names of the system calls given and of the accesses to memory, each as often as it weighs}
    static List<String> of(List<String> systemCalls) {
        List<String> weighed = new ArrayList<>();
        for (String name : systemCalls) {
            add(weighed, name, weight(name));
        }
        add(weighed, Call.LOAD, 3);
        add(weighed, Call.STORE, 6);
        add(weighed, Call.FILL, 4);
        add(weighed, Call.SHOW, 3);
        add(weighed, Call.FORK, 2);
        Call.REQUESTS.keySet().forEach(name -> add(weighed, name, name.endsWith("sync") ? 1 : 2));
        return List.copyOf(weighed);
    }

    private static int weight(String name) {
        return switch (name) {
            case "ioctl" -> 24;
            case "splice" -> 8;
            case "pread", "pwrite", "mmap", "ftruncate" -> 6;
            case "read", "write", "preadv", "pwritev", "fallocate", "mprotect", "madvise", "mremap" -> 4;
            case "readv", "writev", "munmap", "open", "preadv2", "pwritev2", "vmsplice" -> 3;
            case "lseek", "mincore", "msync", "truncate" -> 2;
            default -> 1;
        };
    }

    private static void add(List<String> weighed, String name, int times) {
        for (int i = 0; i < times; i++) {
            weighed.add(name);
        }
    }
}
