/*
 * Runs small programs of raw system calls and of accesses to memory, and tells what came of each.
 *
 * Programs come on standard input, a line an action; each line is answered by one line on standard output:
 *
 *   B FOLDER                  begins a program: everything of the one before is undone, FOLDER becomes the
 *                             current directory and is emptied
 *   F NAME BYTES FILL         makes a file filled with the byte FILL; -1 for a hole
 *   S NUMBER ARGUMENT...      a system call
 *   L ADDRESS SIZE            loads SIZE bytes, 1, 2, 4 or 8
 *   T ADDRESS SIZE VALUE      stores
 *   M ADDRESS LENGTH VALUE    fills memory: the byte at ADDRESS + i becomes VALUE + i / 256
 *   D ADDRESS LENGTH          shows memory
 *   K                         forks: a child takes what follows, up to the next E; nothing in a child
 *   E                         the child ends, and the parent goes on behind it; nothing in the parent
 *   G FLAGS FEATURES          opens a userfaultfd, and starts a thread that serves its faults until the end
 *   A COMMAND ARGUMENT...     submits one request of that command (io_submit(2)) alone, and waits for what it comes to;
 *                             the arguments are a descriptor, a buffer, a length, a position, and flags
 *   .                         the end of a program: only now is it run
 *
 * An argument of a system call is a number, pTEXT for the address of a string, vADDRESS,LENGTH;... for the
 * address of an array of struct iovec, s for the number of the process, oBYTES for the address of an answer, which is shown if the call goes well, or
 * wNUMBER,... for the address of numbers of eight bytes, which are shown after the call whatever it came to.
 *
 * The answer is "RESULT ERRNO SIGNAL BYTES": bytes as hexadecimal pairs with how often they come, "-" for none.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096L
#define SCRATCH ((char *)0x20000000000)
#define SCRATCH_BYTES (32 * PAGE)
#define ARENA ((char *)0x10000000000)
#define ARENA_BYTES (1L << 34)
#define ELSEWHERE_MAX 64
#define STREAMS 900 /* the first of the interpreter's own descriptors */

static FILE *in, *answers, *err;
static sigjmp_buf back;
static volatile sig_atomic_t raised;

struct range {
    void *start;
    size_t length;
};
static struct range elsewhere[ELSEWHERE_MAX];
static int elsewhere_count;

static void caught(int signal)
{
    raised = signal;
    siglongjmp(back, 1);
}

static void die(const char *what)
{
    fprintf(err, "interpreter: %s: %s\n", what, strerror(errno));
    exit(1); /* flushes */
}

/* ---- answers ---- */

static void answer(long result, int error, int signal)
{
    fprintf(answers, "%ld %d %d", result, error, signal);
}

static void show_nothing(void)
{
    fputs(" -\n", answers);
}

static void show_run(int value, long count, int first)
{
    fprintf(answers, "%s%02xx%ld", first ? " " : ",", value, count);
}

/* Shows bytes that can be read. */
static void show(const unsigned char *bytes, long length)
{
    long start = 0;
    for (long i = 1; i <= length; i++) {
        if (i == length || bytes[i] != bytes[start]) {
            show_run(bytes[start], i - start, start == 0);
            start = i;
        }
    }
    if (length <= 0) {
        show_nothing();
    } else {
        putc('\n', answers);
    }
}

/* ---- accesses to memory ---- */

static long load(const char *address, int size)
{
    switch (size) {
    case 1: return *(const volatile signed char *)address;
    case 2: return *(const volatile int16_t *)address;
    case 4: return *(const volatile int32_t *)address;
    default: return *(const volatile int64_t *)address;
    }
}

static void store(char *address, int size, long value)
{
    switch (size) {
    case 1: *(volatile char *)address = value; break;
    case 2: *(volatile int16_t *)address = value; break;
    case 4: *(volatile int32_t *)address = value; break;
    default: *(volatile int64_t *)address = value; break;
    }
}

static void access_memory(char action, char *address, long size, long value)
{
    static unsigned char copy[1 << 20];
    volatile long result = 0;
    volatile long done = 0;
    raised = 0;
    if (sigsetjmp(back, 1) == 0) {
        switch (action) {
        case 'L': result = load(address, size); break;
        case 'T': store(address, size, value); break;
        case 'M':
            for (; done < size; done++)
                ((volatile char *)address)[done] = value + done / 256;
            break;
        default:
            for (; done < size && done < (long)sizeof copy; done++)
                copy[done] = ((volatile unsigned char *)address)[done];
        }
    }
    answer(result, 0, raised);
    show(copy, action == 'D' ? done : 0);
}

/* ---- system calls ---- */

static long scratch_used;

static char *scratch(long bytes)
{
    char *part = SCRATCH + scratch_used;
    scratch_used += (bytes + 15) & -16;
    if (scratch_used > SCRATCH_BYTES)
        die("scratch memory is used up");
    return part;
}

static long vector(char *text)
{
    struct iovec ranges[1100];
    long count = 0;
    while (*text && count < 1100) {
        ranges[count].iov_base = (void *)strtol(text, &text, 10);
        ranges[count++].iov_len = strtol(text + 1, &text, 10);
        if (*text == ';')
            text++;
    }
    return (long)memcpy(scratch(count * sizeof *ranges), ranges, count * sizeof *ranges);
}

/* Memory that a call may change. */
struct shown {
    unsigned char *start;
    long bytes;
    int always;
};

static struct shown answer_bytes(char *text)
{
    long bytes = strtol(text, NULL, 10);
    return (struct shown){memset(scratch(bytes), 0, bytes), bytes, 0};
}

static struct shown words(char *text)
{
    long numbers[32];
    long count = 0;
    while (*text && count < 32) {
        numbers[count++] = strtoll(text, &text, 10);
        if (*text == ',')
            text++;
    }
    return (struct shown){memcpy(scratch(count * 8), numbers, count * 8), count * 8, 1};
}

/* Those that are shown on success only come first. */
static void show_all(struct shown *shown, int count, int success)
{
    unsigned char all[1024];
    long bytes = 0;
    for (int always = !success; always < 2; always++)
        for (int i = 0; i < count; i++)
            if (shown[i].always == always) {
                memcpy(all + bytes, shown[i].start, shown[i].bytes);
                bytes += shown[i].bytes;
            }
    show(all, bytes);
}

/* Comes to how many parts of memory are shown. */
static int take_arguments(char *rest, long *value, struct shown *shown)
{
    int shown_count = 0;
    char *word;
    scratch_used = 0;
    for (int i = 0; i < 6 && (word = strtok_r(NULL, " ", &rest)); i++) {
        switch (*word) {
        case 's': value[i] = getpid(); break;
        case 'p': value[i] = (long)strcpy(scratch(strlen(word)), word + 1); break;
        case 'v': value[i] = vector(word + 1); break;
        case 'o': case 'w':
            shown[shown_count] = *word == 'o' ? answer_bytes(word + 1) : words(word + 1);
            value[i] = (long)shown[shown_count++].start;
            break;
        default: value[i] = strtol(word, NULL, 10);
        }
    }
    return shown_count;
}

static void system_call(char *arguments)
{
    long value[6] = {0};
    struct shown shown[6];
    char *rest = NULL;
    long number = strtol(strtok_r(arguments, " ", &rest), NULL, 10);
    int shown_count = take_arguments(rest, value, shown);
    long result = -1;
    raised = 0;
    if (sigsetjmp(back, 1) == 0) {
        errno = 0;
        result = syscall(number, value[0], value[1], value[2], value[3], value[4], value[5]);
    }
    int error = result == -1 ? errno : 0;
    int maps = number == SYS_mmap || number == SYS_mremap;
    if (maps && result != -1 && (result < (long)ARENA || result >= (long)ARENA + ARENA_BYTES)
        && elsewhere_count < ELSEWHERE_MAX) {
        elsewhere[elsewhere_count].start = (void *)result;
        elsewhere[elsewhere_count++].length = value[number == SYS_mmap ? 1 : 2];
    }
    answer(raised ? 0 : result, error, raised);
    show_all(shown, raised ? 0 : shown_count, result != -1);
}

/* One for all requests of a process: an end of it would take as long as the other processors want. */
static aio_context_t context;
static pid_t context_owner;

static void request(char *arguments)
{
    long value[6] = {0};
    struct shown shown[6];
    char *rest = NULL;
    struct iocb iocb = {.aio_lio_opcode = strtol(strtok_r(arguments, " ", &rest), NULL, 10)};
    struct iocb *list[] = {&iocb};
    struct io_event event = {0};
    take_arguments(rest, value, shown);
    iocb.aio_fildes = value[0];
    iocb.aio_buf = value[1];
    iocb.aio_nbytes = value[2];
    iocb.aio_offset = value[3];
    iocb.aio_rw_flags = value[4];
    if (context_owner != getpid()) {
        context = 0;
        context_owner = getpid();
        if (syscall(SYS_io_setup, 1, &context))
            die("io_setup");
    }
    volatile long result = -1;
    raised = 0;
    if (sigsetjmp(back, 1) == 0) {
        errno = 0;
        result = syscall(SYS_io_submit, context, 1, list);
        if (result == 1 && syscall(SYS_io_getevents, context, 1, 1, &event, NULL) == 1) {
            result = event.res < 0 ? -1 : event.res;
            errno = -event.res;
        }
    }
    int error = result == -1 ? errno : 0;
    struct timespec now = {0};
    if (raised) /* the result of the request is still there */
        syscall(SYS_io_getevents, context, 0, 1, &event, &now);
    answer(raised ? 0 : result, error, raised);
    show_nothing();
}

/* ---- programs ---- */

static void remove_files(void)
{
    DIR *folder = opendir(".");
    struct dirent *entry;
    if (!folder)
        die("opendir");
    while ((entry = readdir(folder)))
        if (entry->d_name[0] != '.')
            unlink(entry->d_name);
    closedir(folder);
}

static void begin(const char *folder)
{
    for (int i = 0; i < elsewhere_count; i++)
        munmap(elsewhere[i].start, elsewhere[i].length);
    elsewhere_count = 0;
    munmap(ARENA, ARENA_BYTES);
    syscall(SYS_close_range, 3, STREAMS - 1, 0);
    syscall(SYS_close_range, STREAMS + 3, ~0U, 0);
    if (mmap(SCRATCH, SCRATCH_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
        != SCRATCH)
        die("mmap of the scratch memory");
    if (chdir(folder))
        die(folder);
    remove_files();
    fputs("0 0 0 -\n", answers);
}

static void make_file(const char *name, long bytes, int fill)
{
    static char block[1 << 16];
    int fd = open(name, O_CREAT | O_TRUNC | O_RDWR, 0600);
    if (fd < 0)
        die(name);
    if (fill < 0) {
        if (ftruncate(fd, bytes))
            die("ftruncate");
    } else {
        memset(block, fill, sizeof block);
        for (long done = 0; done < bytes;) {
            long part = bytes - done < (long)sizeof block ? bytes - done : (long)sizeof block;
            if (write(fd, block, part) != part)
                die("write");
            done += part;
        }
    }
    close(fd);
    fputs("0 0 0 -\n", answers);
}

/* ---- children ---- */

static int in_child;

static void done(void)
{
    fputs("0 0 0 -\n", answers);
}

/* Comes to whether the caller goes on behind the next E. */
static int forks(void)
{
    done();
    if (in_child)
        return 0;
    fflush(answers);
    pid_t child = fork();
    if (child < 0)
        die("fork");
    if (child == 0) {
        in_child = 1;
        return 0;
    }
    int status;
    if (waitpid(child, &status, 0) != child || status != 0)
        die("waitpid");
    return 1;
}

static void ends(void)
{
    done();
    if (in_child) {
        fflush(answers);
        _exit(0);
    }
}

/* ---- faults that another thread serves ---- */

#define SERVERS_MAX 8

struct server {
    pthread_t thread;
    int faults, end;
};
static struct server servers[SERVERS_MAX];
static int server_count;

static int resolve(int faults, unsigned long flags, unsigned long page)
{
    static char source[PAGE] __attribute__((aligned(PAGE)));
    if (flags & UFFD_PAGEFAULT_FLAG_WP) {
        unsigned long protect[] = {page, PAGE, 0};
        return ioctl(faults, UFFDIO_WRITEPROTECT, protect);
    }
    if (flags & UFFD_PAGEFAULT_FLAG_MINOR) {
        unsigned long go_on[] = {page, PAGE, 0, 0};
        return ioctl(faults, _IOWR(UFFDIO, _UFFDIO_CONTINUE, unsigned long[4]), go_on);
    }
    unsigned long zero[] = {page, PAGE, 0, 0};
    unsigned long copy[] = {page, (unsigned long)memset(source, 'H', PAGE), PAGE, 0, 0};
    if (page / PAGE % 2 && ioctl(faults, UFFDIO_ZEROPAGE, zero) == 0)
        return 0;
    return ioctl(faults, UFFDIO_COPY, copy);
}

static void *serve(void *argument)
{
    struct server *server = argument;
    struct pollfd files[] = {{.fd = server->faults, .events = POLLIN}, {.fd = server->end, .events = POLLIN}};
    struct uffd_msg message;
    for (;;) {
        if (poll(files, 2, -1) < 0)
            continue;
        if (files[1].revents)
            return NULL;
        if (read(server->faults, &message, sizeof message) != sizeof message)
            continue;
        unsigned long page = message.arg.pagefault.address & -PAGE;
        if (resolve(server->faults, message.arg.pagefault.flags, page) < 0) {
            unsigned long range[] = {page, PAGE};
            if (errno != EEXIST)
                ioctl(server->faults, UFFDIO_UNREGISTER, range);
            ioctl(server->faults, UFFDIO_WAKE, range);
        }
    }
}

/* The thread has descriptors of its own, which programs do not reach. */
static void start_server(long flags, long features)
{
    unsigned long api[] = {UFFD_API, features, 0};
    int faults = syscall(SYS_userfaultfd, (int)flags);
    int result = faults < 0 ? -1 : ioctl(faults, UFFDIO_API, api);
    int error = result < 0 ? errno : 0;
    if (result < 0 && faults >= 0)
        close(faults);
    if (result == 0 && server_count < SERVERS_MAX) {
        struct server *server = &servers[server_count++];
        server->faults = fcntl(faults, F_DUPFD, STREAMS + 3);
        int end = eventfd(0, 0);
        server->end = fcntl(end, F_DUPFD, STREAMS + 3);
        close(end);
        if (pthread_create(&server->thread, NULL, serve, server))
            die("pthread_create");
    }
    answer(result < 0 ? -1 : faults, error, 0);
    show_nothing();
}

static void end_servers(void)
{
    unsigned long one = 1;
    for (int i = 0; i < server_count; i++) {
        if (write(servers[i].end, &one, sizeof one) != sizeof one)
            die("eventfd");
        pthread_join(servers[i].thread, NULL);
        close(servers[i].end);
        close(servers[i].faults);
    }
    server_count = 0;
}

static void perform(char *line)
{
    char name[256];
    long a = 0, b = 0, c = 0;
    line[strcspn(line, "\n")] = 0;
    switch (*line) {
    case 'B': begin(line + 2); break;
    case 'F':
        if (sscanf(line + 2, "%255s %ld %ld", name, &a, &b) != 3)
            die(line);
        make_file(name, a, b);
        break;
    case 'S': system_call(line + 2); break;
    case 'A': request(line + 2); break;
    case 'L': case 'T': case 'M': case 'D':
        sscanf(line + 2, "%ld %ld %ld", &a, &b, &c);
        access_memory(*line, (char *)a, b, c);
        break;
    case 'E': ends(); break;
    case 'G':
        sscanf(line + 2, "%ld %ld", &a, &b);
        start_server(a, b);
        break;
    default: die(line);
    }
}

static void run(char **lines, size_t count)
{
    int skips = 0;
    for (size_t i = 0; i < count; i++) {
        if (!skips && *lines[i] == 'K')
            skips = forks();
        else if (!skips)
            perform(lines[i]);
        else if (*lines[i] == 'E')
            skips = 0;
        free(lines[i]);
    }
    end_servers();
    fflush(answers);
}

/* Takes the streams out of the reach of programs: what they find at 0 to 2 is nothing. */
static FILE *stream(int fd, const char *mode)
{
    if (dup2(fd, STREAMS + fd) < 0)
        exit(1);
    close(fd);
    if (open("/dev/null", O_RDWR) != fd)
        exit(1);
    return fdopen(STREAMS + fd, mode);
}

int main(void)
{
    char **lines = NULL;
    size_t count = 0, size = 0, room = 0;
    in = stream(0, "r");
    answers = stream(1, "w");
    err = stream(2, "w");
    struct sigaction action = {.sa_handler = caught};
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGPIPE, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGXFSZ, &action, NULL);
    sigaction(SIGINT, &action, NULL); /* the end is that of standard input */
    for (;;) {
        if (count == room) {
            room = 2 * room + 64;
            lines = realloc(lines, room * sizeof *lines);
            if (!lines)
                die("realloc");
        }
        lines[count] = NULL;
        size = 0;
        if (getline(&lines[count], &size, in) <= 0)
            break;
        if (*lines[count] != '.') {
            count++;
            continue;
        }
        free(lines[count]);
        run(lines, count);
        count = 0;
    }
    return 0;
}
