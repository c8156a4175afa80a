package dev.faultline.live.conform;

import dev.faultline.live.conform.ThreadedProgram.Action;
import java.util.List;
import java.util.SplittableRandom;

/// Threads that change one piece of memory: it is read, written, given back, moved, protected, locked, shared with a child,
/// or written out, and system calls and direct transfers use it meanwhile.
///
/// Two pages are looked at, `p` and the next one, and `q`, where they may have been moved to. System calls copy single
/// bytes, so that none ends in the middle of its copy; direct transfers are of whole pages.
final class MemoryDraft extends ThreadedDraft {
    private static final String MAP = "  p = mmap((void *)0x200000000, 8192, PROT_READ | PROT_WRITE, MAP_FIXED | ";
    private static final String WHOLE = "p, 8192";

    private final Kind kind;
    private final boolean pagedOutAtLast;
    private final String before;

    /// What the memory is.
    private enum Kind {
        ANONYMOUS(MAP + "MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);\n"),
        SHARED_ANONYMOUS(MAP + "MAP_SHARED | MAP_ANONYMOUS, -1, 0);\n"),
        PRIVATE(MAP + "MAP_PRIVATE, fd, 0);\n"),
        SHARED(MAP + "MAP_SHARED, fd, 0);\n"),
        HUGE("""
                  p = mmap((void *)0x200000000, 0x200000, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                  madvise(p, 0x200000, MADV_HUGEPAGE);
                """);

        private final String map;

        Kind(String map) {
            this.map = map;
        }
    }

    MemoryDraft(SplittableRandom random) {
        super(random);
        Kind[] kinds = Kind.values();
        this.kind = below(3) == 0 ? Kind.ANONYMOUS : kinds[below(kinds.length)];
        this.pagedOutAtLast = below(3) == 0;
        StringBuilder text = new StringBuilder();
        for (int count = below(4); count > 0; count--) {
            text.append("  ").append(beforehand()).append('\n');
        }
        this.before = text.toString();
    }

    /// What a page has gone through before the threads meet it: nothing that fails.
    private String beforehand() {
        String advice = "madvise(" + range() + ", ";
        return switch (below(11)) {
            case 0, 1, 2 -> "p[0] = 'm';";
            case 3 -> "p[4096] = 'n';";
            case 4 -> advice + oneOf("MADV_POPULATE_READ", "MADV_POPULATE_WRITE") + ");";
            case 5, 6 -> advice + "MADV_PAGEOUT);";
            case 7 -> advice + (isAnonymous() ? oneOf("MADV_FREE", "MADV_DONTNEED") : "MADV_COLD") + ");";
            case 8 -> "madvise(" + (kind == Kind.HUGE ? "p, 0x200000" : range()) + ", "
                    + (isAnonymous() ? oneOf("MADV_DONTFORK", "MADV_WIPEONFORK") : "MADV_DONTFORK") + ");";
            case 9 -> "if (fork() == 0) _exit(0); wait(NULL);";
            default -> kind == Kind.HUGE ? "p[0] = 'h'; madvise(p, 0x200000, MADV_COLLAPSE);" : "p[0] = 'k'; p[4096] = 'l';";
        };
    }

    private boolean isAnonymous() {
        return kind == Kind.ANONYMOUS || kind == Kind.HUGE;
    }

    private String range() {
        if (kind == Kind.HUGE && below(2) == 0) {
            return "p, 0x200000";
        }
        return oneOf("p, 4096", "p + 4096, 4096", WHOLE);
    }

    @Override
    Scene scene() {
        String out = """
                  int o = open("/mnt/o", O_RDWR);
                  long w0 = pwrite(o, p, 1, 0);
                  long w1 = pwrite(o, p + 4096, 1, 4096);
                  long w2 = pwrite(o, q, 1, 8192);
                  long n = pread(o, seen, 12288, 0);
                  char c0 = seen[0];
                  char c1 = seen[4096];
                  char c2 = seen[8192];
                  long s0 = pread(fd, p, 1, 12288);
                  long s1 = pread(fd, p + 4096, 1, 12288);
                  int d = open("/mnt/f", O_RDONLY | O_DIRECT);
                  fsync(fd);
                  n = pread(d, seen, 8192, 0);
                  char f0 = seen[0];
                  char f1 = seen[4096];
                """;
        return new Scene("  file /mnt/f 16384 'a';\n  file /mnt/o 12288 'o';\n  swap 16;\n" + (kind == Kind.HUGE ? "  thp madvise;\n" : ""), """
                char *p;
                char *q = (char *)0x210000000;
                int fd;
                int direct;
                int out;
                char seen[16384];
                """, """
                  fd = open("/mnt/f", O_RDWR);
                  direct = open("/mnt/f", O_RDWR | O_DIRECT);
                  out = open("/mnt/o", O_RDWR);
                """ + kind.map + before, (pagedOutAtLast ? "  int k = madvise(p, 8192, MADV_PAGEOUT);\n" : "") + out,
                List.of("w0", "w1", "w2", "c0", "c1", "c2", "s0", "s1", "f0", "f1"));
    }

    @Override
    Action action() {
        return switch (below(24)) {
            case 0, 1, 2 -> load();
            case 3, 4, 5, 6 -> store();
            case 7, 8 -> call("madvise", range() + ", MADV_DONTNEED");
            case 9, 10 -> call("madvise", range() + ", MADV_PAGEOUT");
            case 11 -> call("madvise", range() + ", " + oneOf("MADV_FREE", "MADV_COLD", "MADV_POPULATE_READ", "MADV_POPULATE_WRITE"));
            case 12 -> kind == Kind.HUGE ? call("madvise", "p, 0x200000, MADV_COLLAPSE") : call("msync", WHOLE + ", MS_SYNC");
            case 13, 14 -> call("mprotect", range() + ", " + oneOf("PROT_NONE", "PROT_READ", "PROT_READ | PROT_WRITE"));
            case 15 -> call("munmap", range());
            case 16 -> new Action("mremap", called("(long)mremap", "p, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, q"),
                    List.of("r#", "e#"), false);
            case 17 -> call(oneOf("mlock", "mlock", "munlock"), range());
            case 18, 19 -> forks();
            case 20 -> call("pread", "fd, p" + oneOf("", " + 4096") + ", 1, " + oneOf(0, PAGE, 2 * PAGE));
            case 21 -> call("pwrite", "out, p" + oneOf("", " + 4096") + ", 1, " + oneOf(0, PAGE));
            case 22 -> call("pread", "direct, " + oneOf("p, 4096", "p + 4096, 4096", WHOLE) + ", " + oneOf(0, 2 * PAGE));
            default -> ofTheFile();
        };
    }

    private Action ofTheFile() {
        return switch (below(3)) {
            case 0 -> call("ftruncate", "fd, " + oneOf(0, PAGE));
            case 1 -> call("madvise", range() + ", MADV_REMOVE");
            default -> call("pwrite", "fd, \"z\", 1, " + oneOf(0, PAGE));
        };
    }

    /// The child looks at the memory, or changes it first; what it saw, or the signal that ended it, is in its status.
    private Action forks() {
        String does = oneOf("", "p[0] = 'K'; ", "p[4096] = 'L'; ", "madvise(p, 8192, MADV_DONTNEED); ", "munmap(p + 4096, 4096); ");
        return new Action("fork", "int s#; pid_t k# = fork(); if (k# == 0) { " + does + "_exit(p[0]); } waitpid(k#, &s#, 0);"
                + " int x# = s#;", List.of("x#"), false);
    }
}
