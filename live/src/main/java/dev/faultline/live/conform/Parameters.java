package dev.faultline.live.conform;

import dev.faultline.litmus.types.Constants;
import java.util.List;

/// What the operands of calls are.
final class Parameters {
    private Parameters() {}

    /// {@return the names of the constants that operand `index` is made of; none if it is no set of flags}
    static List<String> of(String call, int index) {
        return switch (call + " " + index) {
            case "open 1" -> List.of("O_RDONLY", "O_WRONLY", "O_RDWR", "O_CREAT", "O_EXCL", "O_TRUNC", "O_APPEND",
                    "O_SYNC", "O_DSYNC", "O_DIRECT");
            case "mmap 2", "mprotect 2" -> List.of("PROT_NONE", "PROT_READ", "PROT_WRITE", "PROT_EXEC");
            case "mmap 3" -> List.of("MAP_SHARED_VALIDATE", "MAP_SHARED", "MAP_PRIVATE", "MAP_FIXED", "MAP_ANONYMOUS",
                    "MAP_POPULATE", "MAP_FIXED_NOREPLACE");
            default -> List.of();
        };
    }

    static boolean isDescriptor(String call, int index) {
        return switch (call) {
            case "mmap" -> index == 4;
            case Call.LOAD, Call.STORE, Call.FILL, Call.SHOW, "truncate" -> false;
            default -> index == 0 && !isAddress(call, index);
        };
    }

    static boolean isAddress(String call, int index) {
        return switch (call) {
            case "mmap", "munmap", "mprotect", "madvise", "msync", "mlock", "munlock", "mincore" -> index == 0;
            case "mremap" -> index == 0 || index == 4;
            case "read", "write", "pread", "pwrite", "readv", "writev", "preadv", "pwritev" -> index == 1;
            default -> false;
        };
    }

    /// {@return the flags of a value}
    static String name(List<String> names, long value) {
        StringBuilder text = new StringBuilder();
        long left = value;
        for (String name : names) {
            long flag = Constants.named(name).orElseThrow().value();
            if (flag != 0 && (left & flag) == flag || value == 0 && flag == 0) {
                text.append(text.isEmpty() ? "" : " | ").append(name);
                left &= ~flag;
            }
        }
        return left == 0 && !text.isEmpty() ? text.toString()
                : text.append(text.isEmpty() ? "" : " | ").append(left).toString();
    }
}
