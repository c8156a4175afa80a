package dev.faultline.live.conform;

import dev.faultline.live.conform.ThreadedProgram.Action;
import java.util.List;
import java.util.SplittableRandom;

/// Threads that use one file, and one mapping of it.
///
/// Lengths and positions are whole pages, and of each page the first byte is looked at: the model copies a page in one
/// step, and what is in its middle meanwhile is outside of it. Calls take their data from buffers of their own, or in some
/// programs from the mapping; then nobody changes what is mapped, as a copy may end in the middle of a page.
final class FileDraft extends ThreadedDraft {
    private static final int SHOWN_PAGES = 4;

    private final String fileSystem;
    private final boolean transfersFromMapping;
    private final String mapping;
    private final long sizeBytes;
    private final boolean hole;

    FileDraft(SplittableRandom random, String fileSystem) {
        super(random);
        this.fileSystem = fileSystem;
        this.transfersFromMapping = below(3) == 0;
        this.mapping = oneOf("MAP_SHARED, fd", "MAP_PRIVATE, fd", "MAP_PRIVATE | MAP_ANONYMOUS, -1");
        this.sizeBytes = oneOf(0, PAGE, 2 * PAGE, 2 * PAGE, 2 * PAGE, 3 * PAGE, PAGE + 512);
        this.hole = below(4) == 0;
    }

    @Override
    Scene scene() {
        StringBuilder look = new StringBuilder("""
                  int last = open("/mnt/f", O_RDONLY);
                  long size = lseek(last, 0, SEEK_END);
                """);
        look.append("  ssize_t r = pread(last, seen, ").append(SHOWN_PAGES * PAGE).append(", 0);\n");
        for (int page = 0; page < SHOWN_PAGES; page++) {
            look.append("  char f").append(page).append(" = seen[").append(page * PAGE).append("];\n");
        }
        return new Scene("  file /mnt/f " + sizeBytes + (hole ? " hole;\n" : " 'a';\n"),
                "char *p;\nint fd;\nint direct;\nint appending;\nchar seen[" + SHOWN_PAGES * PAGE + "];\n", """
                  fd = open("/mnt/f", O_RDWR);
                  direct = open("/mnt/f", O_RDWR | O_DIRECT);
                  appending = open("/mnt/f", O_RDWR | O_APPEND);
                """ + "  p = mmap(NULL, " + 2 * PAGE + ", PROT_READ | PROT_WRITE, " + mapping + ", 0);\n", look.toString(),
                List.of("size", "r", "f0", "f1", "f2", "f3"));
    }

    @Override
    Action action() {
        return switch (below(18)) {
            case 0, 1, 2 -> transfer("pread");
            case 3, 4, 5 -> transfer("pwrite");
            case 6 -> transfer("read");
            case 7 -> transfer("write");
            case 8, 9 -> load();
            case 10, 11 -> store();
            case 12, 13 -> call("ftruncate", "fd, " + oneOf(0, PAGE, 2 * PAGE, 3 * PAGE));
            case 14 -> call(oneOf("fsync", "fdatasync"), oneOf("fd", "direct"));
            case 15 -> call("lseek", "fd, 0, " + oneOf("SEEK_CUR", "SEEK_END"));
            case 16 -> fileSystem.equals("tmpfs") ? punch() : call("msync", "p, 8192, MS_SYNC");
            default -> changesMemory();
        };
    }

    private Action punch() {
        return call("fallocate", "fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, " + oneOf(0, PAGE) + ", " + oneOf(PAGE, 2 * PAGE));
    }

    private Action changesMemory() {
        if (transfersFromMapping) {
            return call("msync", "p, 8192, MS_SYNC");
        }
        String range = "p" + oneOf("", " + 4096") + ", 4096";
        return switch (below(4)) {
            case 0 -> call("munmap", range);
            case 1 -> call("mprotect", range + ", " + oneOf("PROT_NONE", "PROT_READ", "PROT_READ | PROT_WRITE"));
            default -> call("madvise", range + ", MADV_DONTNEED");
        };
    }

    private Action transfer(String name) {
        boolean mapped = transfersFromMapping && below(2) == 0;
        String position = name.startsWith("p") ? ", " + oneOf(0, 0, PAGE, 2 * PAGE) : "";
        String code = called(name, oneOf("fd", "fd", "direct", "appending") + ", " + (mapped ? "p" : "b#") + ", "
                + oneOf(PAGE, 2 * PAGE) + position);
        boolean reads = name.endsWith("read");
        return mapped || !reads ? new Action(name, code, List.of("r#", "e#"), !mapped)
                : new Action(name, code + " char c# = b#[0]; char d# = b#[4096];", List.of("r#", "e#", "c#", "d#"), true);
    }
}
