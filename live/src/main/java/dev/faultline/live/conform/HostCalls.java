package dev.faultline.live.conform;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The numbers of the system calls on x86-64, and how their arguments lie in registers.
final class HostCalls {
    private static final Map<String, Integer> NUMBERS = Map.ofEntries(
            Map.entry("read", 0), Map.entry("write", 1), Map.entry("open", 2), Map.entry("close", 3),
            Map.entry("lseek", 8), Map.entry("mmap", 9), Map.entry("mprotect", 10), Map.entry("munmap", 11), Map.entry("ioctl", 16), Map.entry("poll", 7),
            Map.entry("pread", 17), Map.entry("pwrite", 18), Map.entry("readv", 19), Map.entry("writev", 20),
            Map.entry("sched_yield", 24), Map.entry("mremap", 25), Map.entry("msync", 26), Map.entry("mincore", 27),
            Map.entry("madvise", 28), Map.entry("dup", 32), Map.entry("sendfile", 40), Map.entry("fcntl", 72),
            Map.entry("fsync", 74), Map.entry("fdatasync", 75),
            Map.entry("truncate", 76), Map.entry("ftruncate", 77), Map.entry("mlock", 149), Map.entry("munlock", 150),
            Map.entry("splice", 275), Map.entry("tee", 276), Map.entry("sync_file_range", 277), Map.entry("vmsplice", 278),
            Map.entry("pipe2", 293), Map.entry("fallocate", 285), Map.entry("preadv", 295),
            Map.entry("pwritev", 296), Map.entry("process_vm_readv", 310), Map.entry("process_vm_writev", 311), Map.entry("memfd_create", 319), Map.entry("userfaultfd", 323), Map.entry("copy_file_range", 326), Map.entry("preadv2", 327), Map.entry("pwritev2", 328));

    /// Calls whose offset, operand 3, takes two registers.
    private static final List<String> SPLIT_OFFSET = List.of("preadv", "pwritev", "preadv2", "pwritev2");

    private HostCalls() {}

    /// {@return whether the call can be made by its number}
    static boolean has(String name) {
        return NUMBERS.containsKey(name);
    }

    static int number(String name) {
        Integer number = NUMBERS.get(name);
        if (number == null) {
            throw new IllegalArgumentException("no number is known of " + name);
        }
        return number;
    }

    /// {@return the operands as the call takes them}
    static List<Operand> registers(Call call) {
        if (!SPLIT_OFFSET.contains(call.name())) {
            return call.operands();
        }
        List<Operand> registers = new ArrayList<>(call.operands());
        registers.add(4, Operand.of(0)); // the high half of the offset, which 64-bit kernels shift out
        return registers;
    }
}
