package dev.faultline.litmus.types;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedCollection;
import java.util.SequencedMap;

/// The constants of the public headers that a program may name, with their values on x86-64.
public final class Constants {
    private static final SequencedMap<String, Constant> BY_NAME = Collections.unmodifiableSequencedMap(table());

    private Constants() {}

    /// A constant in the canonical form of its type.
    public record Constant(CType type, long value) {}

    /// {@return the constant of that name}
    public static Optional<Constant> named(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }

    /// {@return the names of all constants}
    public static SequencedCollection<String> names() {
        return BY_NAME.sequencedKeySet();
    }

    private static SequencedMap<String, Constant> table() {
        SequencedMap<String, Constant> constants = new LinkedHashMap<>();
        constants.put("NULL", new Constant(CType.VOID_POINTER, 0));
        constants.put("MAP_FAILED", new Constant(CType.VOID_POINTER, -1));
        files(constants);
        memory(constants);
        processes(constants);
        errors(constants);
        return constants;
    }

    private static void files(SequencedMap<String, Constant> constants) {
        // open, fcntl
        define(constants, IntegerType.INT, """
                O_RDONLY 0, O_WRONLY 1, O_RDWR 2, O_ACCMODE 3, O_CREAT 0x40, O_EXCL 0x80, O_NOCTTY 0x100,
                O_TRUNC 0x200, O_APPEND 0x400, O_NONBLOCK 0x800, O_NDELAY 0x800, O_SYNC 0x101000, O_DSYNC 0x1000,
                O_RSYNC 0x101000, O_ASYNC 0x2000, O_DIRECT 0x4000, O_LARGEFILE 0, O_DIRECTORY 0x10000,
                O_NOFOLLOW 0x20000, O_NOATIME 0x40000, O_CLOEXEC 0x80000, O_PATH 0x200000, O_TMPFILE 0x410000,
                AT_FDCWD -100, AT_SYMLINK_NOFOLLOW 0x100, AT_REMOVEDIR 0x200, AT_EMPTY_PATH 0x1000, F_DUPFD 0,
                F_DUPFD_CLOEXEC 0x406, F_GETFD 1, F_SETFD 2, F_GETFL 3, F_SETFL 4, F_GETLK 5, F_SETLK 6, F_SETLKW 7,
                F_RDLCK 0, F_WRLCK 1, F_UNLCK 2, F_SETPIPE_SZ 0x407, F_GETPIPE_SZ 0x408, F_ADD_SEALS 0x409,
                F_GET_SEALS 0x40a, FD_CLOEXEC 1, F_SEAL_SEAL 1, F_SEAL_SHRINK 2, F_SEAL_GROW 4, F_SEAL_WRITE 8,
                F_SEAL_FUTURE_WRITE 0x10, F_SEAL_EXEC 0x20""");
        // lseek
        define(constants, IntegerType.INT, """
                SEEK_SET 0, SEEK_CUR 1, SEEK_END 2, SEEK_DATA 3, SEEK_HOLE 4""");
        // preadv2, pwritev2
        define(constants, IntegerType.INT, """
                RWF_HIPRI 1, RWF_DSYNC 2, RWF_SYNC 4, RWF_NOWAIT 8, RWF_APPEND 0x10, RWF_NOAPPEND 0x20,
                RWF_ATOMIC 0x40, RWF_DONTCACHE 0x80""");
        // fallocate
        define(constants, IntegerType.INT, """
                FALLOC_FL_KEEP_SIZE 1, FALLOC_FL_PUNCH_HOLE 2, FALLOC_FL_NO_HIDE_STALE 4,
                FALLOC_FL_COLLAPSE_RANGE 8, FALLOC_FL_ZERO_RANGE 0x10, FALLOC_FL_INSERT_RANGE 0x20,
                FALLOC_FL_UNSHARE_RANGE 0x40""");
        // splice, vmsplice, tee
        define(constants, IntegerType.INT, """
                SPLICE_F_MOVE 1, SPLICE_F_NONBLOCK 2, SPLICE_F_MORE 4, SPLICE_F_GIFT 8""");
        // memfd_create
        define(constants, IntegerType.UNSIGNED_INT, """
                MFD_CLOEXEC 1, MFD_ALLOW_SEALING 2, MFD_HUGETLB 4,
                MFD_NOEXEC_SEAL 8, MFD_EXEC 0x10, MFD_HUGE_SHIFT 26, MFD_HUGE_MASK 0x3f, MFD_HUGE_2MB 0x54000000""");
        // poll
        define(constants, IntegerType.INT, """
                POLLIN 1, POLLPRI 2, POLLOUT 4, POLLERR 8, POLLHUP 0x10, POLLNVAL 0x20, POLLRDNORM 0x40,
                POLLRDBAND 0x80, POLLWRNORM 0x100, POLLWRBAND 0x200, POLLMSG 0x400, POLLRDHUP 0x2000""");
        // io_submit
        define(constants, IntegerType.INT, """
                IOCB_CMD_PREAD 0, IOCB_CMD_PWRITE 1, IOCB_CMD_FSYNC 2, IOCB_CMD_FDSYNC 3, IOCB_CMD_POLL 5,
                IOCB_CMD_NOOP 6, IOCB_CMD_PREADV 7, IOCB_CMD_PWRITEV 8, IOCB_FLAG_RESFD 1, IOCB_FLAG_IOPRIO 2""");
        // stat
        define(constants, IntegerType.INT, """
                S_IFMT 0xf000, S_IFSOCK 0xc000, S_IFLNK 0xa000, S_IFREG 0x8000, S_IFBLK 0x6000, S_IFDIR 0x4000,
                S_IFCHR 0x2000, S_IFIFO 0x1000, S_ISUID 0x800, S_ISGID 0x400, S_ISVTX 0x200, S_IRWXU 0x1c0,
                S_IRUSR 0x100, S_IWUSR 0x80, S_IXUSR 0x40, S_IRWXG 0x38, S_IRGRP 0x20, S_IWGRP 0x10, S_IXGRP 8,
                S_IRWXO 7, S_IROTH 4, S_IWOTH 2, S_IXOTH 1""");
    }

    private static void memory(SequencedMap<String, Constant> constants) {
        // mmap, mprotect, mremap
        define(constants, IntegerType.INT, """
                PROT_NONE 0, PROT_READ 1, PROT_WRITE 2, PROT_EXEC 4, PROT_GROWSDOWN 0x1000000,
                PROT_GROWSUP 0x2000000, PROT_MTE 0x20, PROT_ADI 0x10, MAP_SHARED 1, MAP_PRIVATE 2, MAP_SHARED_VALIDATE 3, MAP_TYPE 0xf,
                MAP_FIXED 0x10, MAP_FIXED_NOREPLACE 0x100000, MAP_ANONYMOUS 0x20, MAP_ANON 0x20,
                MAP_GROWSDOWN 0x100, MAP_DENYWRITE 0x800, MAP_EXECUTABLE 0x1000, MAP_LOCKED 0x2000,
                MAP_NORESERVE 0x4000, MAP_POPULATE 0x8000, MAP_NONBLOCK 0x10000, MAP_STACK 0x20000,
                MAP_HUGETLB 0x40000, MAP_SYNC 0x80000, MAP_HUGE_SHIFT 26, MAP_HUGE_MASK 0x3f, MAP_HUGE_2MB 0x54000000, MREMAP_MAYMOVE 1, MREMAP_FIXED 2, MREMAP_DONTUNMAP 4,
                MCL_CURRENT 1, MCL_FUTURE 2, MCL_ONFAULT 4""");
        // madvise
        define(constants, IntegerType.INT, """
                MADV_NORMAL 0, MADV_RANDOM 1, MADV_SEQUENTIAL 2, MADV_WILLNEED 3, MADV_DONTNEED 4, MADV_FREE 8,
                MADV_REMOVE 9, MADV_DONTFORK 10, MADV_DOFORK 11, MADV_HWPOISON 100, MADV_SOFT_OFFLINE 101,
                MADV_MERGEABLE 12, MADV_UNMERGEABLE 13, MADV_HUGEPAGE 14, MADV_NOHUGEPAGE 15, MADV_DONTDUMP 16,
                MADV_DODUMP 17, MADV_WIPEONFORK 18, MADV_KEEPONFORK 19, MADV_COLD 20, MADV_PAGEOUT 21,
                MADV_POPULATE_READ 22, MADV_POPULATE_WRITE 23, MADV_DONTNEED_LOCKED 24, MADV_COLLAPSE 25""");
        // msync, sync_file_range
        define(constants, IntegerType.INT, """
                MS_ASYNC 1, MS_INVALIDATE 2, MS_SYNC 4, SYNC_FILE_RANGE_WAIT_BEFORE 1, SYNC_FILE_RANGE_WRITE 2,
                SYNC_FILE_RANGE_WAIT_AFTER 4""");
        // userfaultfd
        define(constants, IntegerType.INT, """
                UFFD_USER_MODE_ONLY 1, UFFD_FEATURE_PAGEFAULT_FLAG_WP 1, UFFD_FEATURE_EVENT_FORK 2,
                UFFD_FEATURE_EVENT_REMAP 4, UFFD_FEATURE_EVENT_REMOVE 8, UFFD_FEATURE_MISSING_HUGETLBFS 0x10,
                UFFD_FEATURE_MISSING_SHMEM 0x20, UFFD_FEATURE_EVENT_UNMAP 0x40, UFFD_FEATURE_SIGBUS 0x80,
                UFFD_FEATURE_THREAD_ID 0x100, UFFD_FEATURE_MINOR_HUGETLBFS 0x200, UFFD_FEATURE_MINOR_SHMEM 0x400,
                UFFD_FEATURE_EXACT_ADDRESS 0x800, UFFD_FEATURE_WP_HUGETLBFS_SHMEM 0x1000,
                UFFD_FEATURE_WP_UNPOPULATED 0x2000, UFFD_FEATURE_POISON 0x4000, UFFD_FEATURE_WP_ASYNC 0x8000,
                UFFD_FEATURE_MOVE 0x10000, UFFD_EVENT_PAGEFAULT 0x12, UFFD_EVENT_FORK 0x13, UFFD_EVENT_REMAP 0x14,
                UFFD_EVENT_REMOVE 0x15, UFFD_EVENT_UNMAP 0x16, UFFD_PAGEFAULT_FLAG_WRITE 1,
                UFFD_PAGEFAULT_FLAG_WP 2, UFFD_PAGEFAULT_FLAG_MINOR 4""");
        define(constants, IntegerType.UNSIGNED_INT, """
                USERFAULTFD_IOC_NEW 0xaa00""");
        define(constants, IntegerType.UNSIGNED_LONG, """
                UFFDIO_API 0xc018aa3f, UFFDIO_REGISTER 0xc020aa00, UFFDIO_UNREGISTER 0x8010aa01,
                UFFDIO_WAKE 0x8010aa02, UFFDIO_COPY 0xc028aa03, UFFDIO_ZEROPAGE 0xc020aa04, UFFDIO_MOVE 0xc028aa05,
                UFFDIO_WRITEPROTECT 0xc018aa06, UFFDIO_CONTINUE 0xc020aa07, UFFDIO_POISON 0xc020aa08""");
        // btrfs
        define(constants, IntegerType.UNSIGNED_LONG, """
                BTRFS_IOC_TREE_SEARCH 0xd0009411, BTRFS_IOC_TREE_SEARCH_V2 0xc0709411""");
        // userfaultfd
        define(constants, IntegerType.UNSIGNED_LONG_LONG, """
                UFFD_API 0xaa, UFFDIO_REGISTER_MODE_MISSING 1, UFFDIO_REGISTER_MODE_WP 2,
                UFFDIO_REGISTER_MODE_MINOR 4, UFFDIO_COPY_MODE_DONTWAKE 1, UFFDIO_COPY_MODE_WP 2,
                UFFDIO_ZEROPAGE_MODE_DONTWAKE 1, UFFDIO_WRITEPROTECT_MODE_WP 1, UFFDIO_WRITEPROTECT_MODE_DONTWAKE 2,
                UFFDIO_CONTINUE_MODE_DONTWAKE 1, UFFDIO_CONTINUE_MODE_WP 2, UFFDIO_POISON_MODE_DONTWAKE 1,
                UFFDIO_MOVE_MODE_DONTWAKE 1, UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES 2""");
    }

    private static void processes(SequencedMap<String, Constant> constants) {
        // wait, prctl
        define(constants, IntegerType.INT, """
                WNOHANG 1, WUNTRACED 2, WCONTINUED 8, PR_SET_PDEATHSIG 1, PR_SET_DUMPABLE 4, PR_GET_DUMPABLE 3,
                PR_SET_NAME 0xf, PR_SET_THP_DISABLE 0x29, PR_GET_THP_DISABLE 0x2a, PR_SET_TAGGED_ADDR_CTRL 0x37,
                PR_GET_TAGGED_ADDR_CTRL 0x38""");
        define(constants, IntegerType.UNSIGNED_LONG, """
                PR_TAGGED_ADDR_ENABLE 1, PR_MTE_TCF_NONE 0, PR_MTE_TCF_SYNC 2, PR_MTE_TCF_ASYNC 4, PR_MTE_TAG_MASK 0x7fff8""");
        // signals
        define(constants, IntegerType.INT, """
                SIGHUP 1, SIGINT 2, SIGQUIT 3, SIGILL 4, SIGTRAP 5, SIGABRT 6, SIGBUS 7, SIGFPE 8, SIGKILL 9,
                SIGUSR1 10, SIGSEGV 11, SIGUSR2 12, SIGPIPE 13, SIGALRM 14, SIGTERM 15, SIGCHLD 17""");
        define(constants, IntegerType.INT, "RLIMIT_NOFILE 7");
        // limits
        define(constants, IntegerType.INT, """
                CHAR_BIT 8, CHAR_MIN -128, CHAR_MAX 0x7f, SCHAR_MIN -128, SCHAR_MAX 0x7f, UCHAR_MAX 0xff,
                SHRT_MIN -32768, SHRT_MAX 0x7fff, USHRT_MAX 0xffff, INT_MIN -2147483648, INT_MAX 0x7fffffff,
                INT8_MIN -128, INT8_MAX 0x7f, UINT8_MAX 0xff, INT16_MIN -32768, INT16_MAX 0x7fff, UINT16_MAX 0xffff,
                INT32_MIN -2147483648, INT32_MAX 0x7fffffff, PATH_MAX 0x1000, NAME_MAX 0xff, PIPE_BUF 0x1000,
                IOV_MAX 0x400""");
        define(constants, IntegerType.UNSIGNED_INT, """
                UINT_MAX 0xffffffff, UINT32_MAX 0xffffffff""");
        define(constants, IntegerType.LONG, """
                LONG_MIN -9223372036854775808, LONG_MAX 0x7fffffffffffffff, SSIZE_MAX 0x7fffffffffffffff,
                INT64_MIN -9223372036854775808, INT64_MAX 0x7fffffffffffffff""");
        define(constants, IntegerType.UNSIGNED_LONG, """
                ULONG_MAX 0xffffffffffffffff, SIZE_MAX 0xffffffffffffffff, UINT64_MAX 0xffffffffffffffff,
                PAGE_SIZE 0x1000""");
    }

    private static void errors(SequencedMap<String, Constant> constants) {
        // errno
        define(constants, IntegerType.INT, """
                EPERM 1, ENOENT 2, ESRCH 3, EINTR 4, EIO 5, ENXIO 6, E2BIG 7, ENOEXEC 8, EBADF 9, ECHILD 10,
                EAGAIN 11, EWOULDBLOCK 11, ENOMEM 12, EACCES 13, EFAULT 14, ENOTBLK 15, EBUSY 16, EEXIST 17,
                EXDEV 18, ENODEV 19, ENOTDIR 20, EISDIR 21, EINVAL 22, ENFILE 23, EMFILE 24, ENOTTY 25, ETXTBSY 26,
                EFBIG 27, ENOSPC 28, ESPIPE 29, EROFS 30, EMLINK 31, EPIPE 32, EDOM 33, ERANGE 34, EDEADLK 35,
                EDEADLOCK 35, ENAMETOOLONG 36, ENOLCK 37, ENOSYS 38, ENOTEMPTY 39, ELOOP 40, ENOMSG 42, EIDRM 43,
                ECHRNG 44, EL2NSYNC 45, EL3HLT 46, EL3RST 47, ELNRNG 48, EUNATCH 49, ENOCSI 50, EL2HLT 51, EBADE 52,
                EBADR 53, EXFULL 54, ENOANO 55, EBADRQC 56, EBADSLT 57, EBFONT 59, ENOSTR 60, ENODATA 61, ETIME 62,
                ENOSR 63, ENONET 64, ENOPKG 65, EREMOTE 66, ENOLINK 67, EADV 68, ESRMNT 69, ECOMM 70, EPROTO 71,
                EMULTIHOP 72, EDOTDOT 73, EBADMSG 74, EOVERFLOW 75, ENOTUNIQ 76, EBADFD 77, EREMCHG 78, ELIBACC 79,
                ELIBBAD 80, ELIBSCN 81, ELIBMAX 82, ELIBEXEC 83, EILSEQ 84, ERESTART 85, ESTRPIPE 86, EUSERS 87,
                ENOTSOCK 88, EDESTADDRREQ 89, EMSGSIZE 90, EPROTOTYPE 91, ENOPROTOOPT 92, EPROTONOSUPPORT 93,
                ESOCKTNOSUPPORT 94, EOPNOTSUPP 95, ENOTSUP 95, EPFNOSUPPORT 96, EAFNOSUPPORT 97, EADDRINUSE 98,
                EADDRNOTAVAIL 99, ENETDOWN 100, ENETUNREACH 101, ENETRESET 102, ECONNABORTED 103, ECONNRESET 104,
                ENOBUFS 105, EISCONN 106, ENOTCONN 107, ESHUTDOWN 108, ETOOMANYREFS 109, ETIMEDOUT 110,
                ECONNREFUSED 111, EHOSTDOWN 112, EHOSTUNREACH 113, EALREADY 114, EINPROGRESS 115, ESTALE 116,
                EUCLEAN 117, ENOTNAM 118, ENAVAIL 119, EISNAM 120, EREMOTEIO 121, EDQUOT 122, ENOMEDIUM 123,
                EMEDIUMTYPE 124, ECANCELED 125, ENOKEY 126, EKEYEXPIRED 127, EKEYREVOKED 128, EKEYREJECTED 129,
                EOWNERDEAD 130, ENOTRECOVERABLE 131, ERFKILL 132, EHWPOISON 133""");
    }

    /// Adds constants of one type: a list of `NAME VALUE`.
    private static void define(SequencedMap<String, Constant> constants, IntegerType type, String list) {
        for (String entry : list.split(",\\s+")) {
            int space = entry.indexOf(' ');
            Constant constant = new Constant(type, type.normalise(value(entry.substring(space + 1))));
            if (constants.put(entry.substring(0, space), constant) != null) {
                throw new AssertionError("a constant is defined twice: " + entry);
            }
        }
    }

    private static long value(String text) {
        return text.startsWith("0x") ? Long.parseUnsignedLong(text.substring(2), 16) : Long.parseLong(text);
    }
}
