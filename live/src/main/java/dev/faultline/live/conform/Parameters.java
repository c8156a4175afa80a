package dev.faultline.live.conform;

import dev.faultline.litmus.types.Constants;
import java.util.ArrayList;
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
            case "mremap 3" -> List.of("MREMAP_MAYMOVE", "MREMAP_FIXED", "MREMAP_DONTUNMAP");
            case "msync 2" -> List.of("MS_ASYNC", "MS_INVALIDATE", "MS_SYNC");
            case "userfaultfd 0" -> List.of("UFFD_USER_MODE_ONLY", "O_NONBLOCK", "O_CLOEXEC");
            case "memfd_create 1" -> List.of("MFD_CLOEXEC", "MFD_ALLOW_SEALING");
            case "pipe2 1" -> List.of("O_NONBLOCK", "O_DIRECT", "O_CLOEXEC");
            case "splice 5", "tee 3", "vmsplice 3" ->
                    List.of("SPLICE_F_MOVE", "SPLICE_F_NONBLOCK", "SPLICE_F_MORE", "SPLICE_F_GIFT");
            case "fallocate 1" -> List.of("FALLOC_FL_KEEP_SIZE", "FALLOC_FL_PUNCH_HOLE", "FALLOC_FL_COLLAPSE_RANGE",
                    "FALLOC_FL_ZERO_RANGE", "FALLOC_FL_INSERT_RANGE");
            default -> List.of();
        };
    }

    /// {@return the names of the constants that operand `index` is one of; none if it is no such choice}
    static List<String> choices(String call, int index) {
        return switch (call + " " + index) {
            case "lseek 2" -> List.of("SEEK_SET", "SEEK_CUR", "SEEK_END", "SEEK_DATA", "SEEK_HOLE");
            case "ioctl 1" -> List.of("UFFDIO_API", "UFFDIO_REGISTER", "UFFDIO_UNREGISTER", "UFFDIO_WAKE", "UFFDIO_COPY",
                    "UFFDIO_ZEROPAGE", "UFFDIO_MOVE", "UFFDIO_WRITEPROTECT", "UFFDIO_CONTINUE", "UFFDIO_POISON");
            case "fcntl 1" -> List.of("F_SETPIPE_SZ", "F_GETPIPE_SZ", "F_ADD_SEALS", "F_GET_SEALS");
            case "madvise 2" -> List.of("MADV_NORMAL", "MADV_RANDOM", "MADV_SEQUENTIAL", "MADV_WILLNEED", "MADV_DONTNEED",
                    "MADV_FREE", "MADV_REMOVE", "MADV_DONTFORK", "MADV_DOFORK", "MADV_WIPEONFORK", "MADV_KEEPONFORK", "MADV_COLD",
                    "MADV_PAGEOUT", "MADV_POPULATE_READ", "MADV_POPULATE_WRITE", "MADV_DONTNEED_LOCKED");
            default -> List.of();
        };
    }

    static boolean isDescriptor(String call, int index) {
        return switch (call) {
            case "mmap" -> index == 4;
            case "pipe2", "userfaultfd", "poll", "memfd_create", "process_vm_readv", "process_vm_writev" -> false;
            case "splice", "copy_file_range" -> index == 0 || index == 2;
            case "sendfile", "tee" -> index < 2;
            case Call.LOAD, Call.STORE, Call.FILL, Call.SHOW, Call.SERVE, "truncate" -> false;
            default -> index == 0 && !isAddress(call, index);
        };
    }

    static boolean isAddress(String call, int index) {
        return switch (call) {
            case "mmap", "munmap", "mprotect", "madvise", "msync", "mlock", "munlock", "mincore" -> index == 0;
            case "mremap" -> index == 0 || index == 4;
            case "process_vm_readv", "process_vm_writev" -> index == 1 || index == 3;
            case "pipe2" -> index == 0;
            case "ioctl" -> index == 2;
            case "splice", "copy_file_range" -> index == 1 || index == 3;
            case "sendfile" -> index == 2;
            case "read", "write", "pread", "pwrite", "readv", "writev", "preadv", "pwritev", "preadv2", "pwritev2",
                    "vmsplice", "aio_read", "aio_write", "aio_readv", "aio_writev" -> index == 1;
            default -> false;
        };
    }

    /// {@return the names of those constants that a value has}
    static List<String> has(String call, int index, long value) {
        List<String> has = new ArrayList<>();
        for (String name : of(call, index)) {
            long flag = Constants.named(name).orElseThrow().value();
            if (flag != 0 && (value & flag) == flag || value == 0 && flag == 0) {
                has.add(name);
            }
        }
        choices(call, index).stream().filter(name -> Constants.named(name).orElseThrow().value() == value).forEach(has::add);
        return has;
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
