package dev.faultline.litmus.types;

import dev.faultline.litmus.types.CallSignature.Origin;
import dev.faultline.litmus.types.CallSignature.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedCollection;
import java.util.SequencedMap;

/// The calls of the language with their man-page signatures. Which of them a model has is another question:
/// [Modelled].
public final class Calls {
    /// `[…]` may be left out; `any` takes any integer or pointer. `const` is left out: it changes nothing here.
    private static final String SYSTEM_CALLS = """
            int open(char *pathname, int flags, [mode_t mode])
            int openat(int dirfd, char *pathname, int flags, [mode_t mode])
            int close(int fd)
            ssize_t read(int fd, void *buf, size_t count)
            ssize_t write(int fd, void *buf, size_t count)
            ssize_t pread(int fd, void *buf, size_t count, off_t offset)
            ssize_t pwrite(int fd, void *buf, size_t count, off_t offset)
            ssize_t readv(int fd, struct iovec *iov, int iovcnt)
            ssize_t writev(int fd, struct iovec *iov, int iovcnt)
            ssize_t preadv(int fd, struct iovec *iov, int iovcnt, off_t offset)
            ssize_t pwritev(int fd, struct iovec *iov, int iovcnt, off_t offset)
            ssize_t preadv2(int fd, struct iovec *iov, int iovcnt, off_t offset, int flags)
            ssize_t pwritev2(int fd, struct iovec *iov, int iovcnt, off_t offset, int flags)
            off_t lseek(int fd, off_t offset, int whence)
            int ftruncate(int fd, off_t length)
            int truncate(char *path, off_t length)
            int fallocate(int fd, int mode, off_t offset, off_t len)
            int fstat(int fd, struct stat *statbuf)
            int fsync(int fd)
            int fdatasync(int fd)
            int sync_file_range(int fd, off_t offset, off_t nbytes, unsigned int flags)
            int msync(void *addr, size_t length, int flags)
            void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
            int munmap(void *addr, size_t length)
            int mprotect(void *addr, size_t len, int prot)
            void *mremap(void *old_address, size_t old_size, size_t new_size, int flags, [void *new_address])
            int madvise(void *addr, size_t length, int advice)
            int mlock(void *addr, size_t len)
            int munlock(void *addr, size_t len)
            int mincore(void *addr, size_t length, unsigned char *vec)
            pid_t fork()
            pid_t wait(int *wstatus)
            pid_t waitpid(pid_t pid, int *wstatus, int options)
            void _exit(int status)
            int pipe(int *pipefd)
            int pipe2(int *pipefd, int flags)
            ssize_t splice(int fd_in, off_t *off_in, int fd_out, off_t *off_out, size_t len, unsigned int flags)
            ssize_t vmsplice(int fd, struct iovec *iov, size_t nr_segs, unsigned int flags)
            ssize_t tee(int fd_in, int fd_out, size_t len, unsigned int flags)
            ssize_t sendfile(int out_fd, int in_fd, off_t *offset, size_t count)
            ssize_t copy_file_range(int fd_in, off_t *off_in, int fd_out, off_t *off_out, size_t len, unsigned int flags)
            int userfaultfd(int flags)
            int ioctl(int fd, unsigned long op, [any argp])
            int poll(struct pollfd *fds, nfds_t nfds, int timeout)
            int fcntl(int fd, int op, [any arg])
            int io_setup(unsigned int nr_events, aio_context_t *ctx_idp)
            int io_submit(aio_context_t ctx_id, long nr, struct iocb **iocbpp)
            int io_getevents(aio_context_t ctx_id, long min_nr, long nr, struct io_event *events, struct timespec *timeout)
            int io_destroy(aio_context_t ctx_id)
            ssize_t process_vm_readv(pid_t pid, struct iovec *local_iov, unsigned long liovcnt, struct iovec *remote_iov, unsigned long riovcnt, unsigned long flags)
            ssize_t process_vm_writev(pid_t pid, struct iovec *local_iov, unsigned long liovcnt, struct iovec *remote_iov, unsigned long riovcnt, unsigned long flags)
            int unlink(char *pathname)
            int rename(char *oldpath, char *newpath)
            int dup(int oldfd)
            int sched_yield()
            pid_t getpid()
            int prctl(int op, [unsigned long arg2], [unsigned long arg3], [unsigned long arg4], [unsigned long arg5])
            int memfd_create(char *name, unsigned int flags)
            int setrlimit(int resource, struct rlimit *rlim)
            """;
    private static final String LIBRARY = """
            void *memset(void *s, int c, size_t n)
            void *memcpy(void *dest, void *src, size_t n)
            int memcmp(void *s1, void *s2, size_t n)
            void assert(any expression)
            void *__arm_mte_increment_tag(void *src, unsigned int offset)
            void __arm_mte_set_tag(void *tag_address)
            void *__arm_mte_get_tag(void *address)
            int adi_set_version(void *addr, size_t size, int version)
            int adi_get_version(void *addr)
            """;
    private static final SequencedMap<String, CallSignature> BY_NAME = Collections.unmodifiableSequencedMap(table());

    private Calls() {}

    /// {@return the call of that name}
    public static Optional<CallSignature> named(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }

    /// {@return the names of all calls of the language}
    public static SequencedCollection<String> names() {
        return BY_NAME.sequencedKeySet();
    }

    /// {@return all calls of the language}
    public static SequencedCollection<CallSignature> all() {
        return BY_NAME.sequencedValues();
    }

    private static SequencedMap<String, CallSignature> table() {
        SequencedMap<String, CallSignature> table = new LinkedHashMap<>();
        SYSTEM_CALLS.lines().map(line -> signature(Origin.SYSTEM_CALL, line)).forEach(call -> table.put(call.name(), call));
        LIBRARY.lines().map(line -> signature(Origin.LIBRARY, line)).forEach(call -> table.put(call.name(), call));
        return table;
    }

    private static CallSignature signature(Origin origin, String prototype) {
        int open = prototype.indexOf('(');
        Parameter head = parameter(prototype.substring(0, open));
        String list = prototype.substring(open + 1, prototype.length() - 1);
        List<Parameter> parameters = new ArrayList<>();
        int required = 0;
        for (String text : list.isEmpty() ? new String[0] : list.split(", ")) {
            boolean optional = text.startsWith("[");
            parameters.add(parameter(optional ? text.substring(1, text.length() - 1) : text));
            required += optional ? 0 : 1;
        }
        return new CallSignature(origin, head.name(), head.type().orElseThrow(), List.copyOf(parameters), required,
                prototype);
    }

    /// Reads `TYPE NAME`, where stars stand before the name.
    private static Parameter parameter(String text) {
        String name = text.substring(text.lastIndexOf(' ') + 1);
        String bare = name.replace("*", "");
        List<String> words = Arrays.asList(text.substring(0, text.lastIndexOf(' ')).split(" "));
        if (words.equals(List.of("any"))) {
            return new Parameter(bare, Optional.empty());
        }
        CType type = words.getFirst().equals("struct")
                ? Structs.named(words.getLast()).orElseThrow()
                : TypeNames.of(words).orElseThrow();
        for (int stars = name.length() - bare.length(); stars > 0; stars--) {
            type = new CType.Pointer(type);
        }
        return new Parameter(bare, Optional.of(type));
    }
}
