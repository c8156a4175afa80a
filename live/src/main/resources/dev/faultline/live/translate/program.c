/*
 * @NAME@@DOC@
 *
 * Made by Faultline. To run it by hand, in a folder of your choice:
 *
@HOW@ *     cc @FLAGS@ -o test test.c
 *     ./test [ROUNDS [SECONDS [SEED]]]
 *
 * Each round sets the files up, runs init, starts all threads together, each after a random delay of about the
 * time that one of them takes, and notes how it ended. At the end every outcome is printed with how often it was
 * seen; "deadlock" is a round that did not end within @PATIENCE@ seconds and in which no task runs by then, or within
 * 12 times as long.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <dirent.h>
#include <linux/userfaultfd.h>
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif
#ifndef MFD_HUGE_2MB
#define MFD_HUGE_SHIFT 26
#define MFD_HUGE_MASK 0x3f
#define MFD_HUGE_2MB (21U << MFD_HUGE_SHIFT)
#endif
#ifndef MAP_HUGE_2MB
#define MAP_HUGE_SHIFT 26
#define MAP_HUGE_MASK 0x3f
#define MAP_HUGE_2MB (21U << MAP_HUGE_SHIFT)
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8
#define MFD_EXEC 0x10
#endif
#ifndef UFFDIO_POISON
struct uffdio_poison { struct uffdio_range range; __u64 mode; __s64 updated; };
#define UFFDIO_POISON _IOWR(UFFDIO, 0x08, struct uffdio_poison)
#define UFFDIO_POISON_MODE_DONTWAKE 1
#define UFFD_FEATURE_POISON (1 << 14)
#endif
#ifndef UFFDIO_MOVE
struct uffdio_move { __u64 dst; __u64 src; __u64 len; __u64 mode; __s64 move; };
#define UFFDIO_MOVE _IOWR(UFFDIO, 0x05, struct uffdio_move)
#define UFFDIO_MOVE_MODE_DONTWAKE 1
#define UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES 2
#define UFFD_FEATURE_MOVE (1 << 16)
#endif
#ifndef UFFD_FEATURE_WP_ASYNC
#define UFFD_FEATURE_WP_ASYNC (1 << 15)
#endif
#include <linux/aio_abi.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>

enum { THREADS = @THREADS@, PROCESSES = @PROCESSES@, VALUES = @VALUES@, FILES = @FILES@,
	AHEAD = @AHEAD@, HOLE = -1, OUTCOMES = 4096, MAPPINGS = 256 };

struct outcome {
	long value[VALUES + 1];
	unsigned long count;
};

/* What all processes of the test share; the test itself knows nothing of it. */
static struct shared {
	sem_t prepare[PROCESSES], start[THREADS], done;
	atomic_int arrived;
	atomic_long duration[THREADS];
	atomic_ulong rounds;
	long saw[VALUES + 1];
	int known, lost;
	char failure[256];
	struct outcome outcome[OUTCOMES];
} *shared;

static unsigned long most_rounds = @ROUNDS@, seed = @SEED@;
static double seconds = @SECONDS@;
static pid_t process;
static long processors;

/* ---- what the test uses ---- */

static _Thread_local sigjmp_buf trap;
static _Thread_local volatile int caught;

/* A signal ends the body that it hits, as its outcome; the rest of the process goes on. */
static void on_signal(int number)
{
	caught = number;
	siglongjmp(trap, 1);
}

static struct mapping { void *address; size_t length; } mapping[MAPPINGS];
static atomic_int mappings;

static void *remember(void *address, size_t length)
{
	int index;

	if (address != MAP_FAILED && (index = atomic_fetch_add(&mappings, 1)) < MAPPINGS) {
		mapping[index].address = address;
		mapping[index].length = length;
	}
	return address;
}

/* mmap and mremap, which remember what they mapped so that it can be undone after the round. */
static inline void *map(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	return remember(mmap(address, length, protection, flags, fd, offset), length);
}

#define remap(old, old_size, new_size, ...) remember(mremap(old, old_size, new_size, __VA_ARGS__), new_size)

static inline size_t step(uintptr_t address, size_t left)
{
	size_t part = 8 - address % 8;

	return part < left ? part : left;
}

static inline uint64_t load(const volatile char *from, size_t bytes)
{
	uint64_t word = 0;

	if (bytes == 8 && (uintptr_t)from % 8 == 0)
		return *(const volatile uint64_t *)from;
	for (size_t i = 0; i < bytes; i++)
		word |= (uint64_t)(unsigned char)from[i] << 8 * i;
	return word;
}

static inline void store(volatile char *to, uint64_t word, size_t bytes)
{
	if (bytes == 8) {
		*(volatile uint64_t *)to = word;
		return;
	}
	for (size_t i = 0; i < bytes; i++)
		to[i] = (char)(word >> 8 * i);
}

/* memset, memcpy and memcmp in plain loops of eight aligned bytes: those of the C library go in what order they like. */
static inline void *set_memory(void *target, int value, size_t length)
{
	for (size_t done = 0, part; done < length; done += part) {
		part = step((uintptr_t)target + done, length - done);
		store((char *)target + done, (value & 0xff) * 0x0101010101010101UL, part);
	}
	return target;
}

static inline void *copy_memory(void *target, const void *source, size_t length)
{
	for (size_t done = 0, part; done < length; done += part) {
		part = step((uintptr_t)target + done, length - done);
		store((char *)target + done, load((const char *)source + done, part), part);
	}
	return target;
}

static inline int compare_memory(const void *first, const void *second, size_t length)
{
	for (size_t done = 0, part; done < length; done += part) {
		part = step((uintptr_t)first + done, length - done);
		uint64_t a = load((const char *)first + done, part), b = load((const char *)second + done, part);
		if (a != b) {
			int differing = __builtin_ctzll(a ^ b) / 8 * 8;
			return (a >> differing & 0xff) < (b >> differing & 0xff) ? -1 : 1;
		}
	}
	return 0;
}

static inline void require(int holds)
{
	if (!holds)
		on_signal(SIGABRT);
}

/* In a child that the test forked: what ends it here is all that its parent learns. */
static void leave_child(void)
{
	if (getpid() == process)
		return;
	if (caught) {
		signal(caught, SIG_DFL);
		raise(caught);
	}
	_exit(0);
}

/* ---- the test ---- */

static const struct file { const char *path; off_t size; int fill; } file[FILES + 1] = { @FILELIST@ };
static const char *const made[] = { @MADELIST@ };

@GLOBALS@
static void reset(void)
{
@RESET@}

@BODIES@
static void (*const body[THREADS + 1])(void) = { @THREADLIST@ };
static const int process_of[THREADS + 1] = { @PROCESSLIST@ };
static const int processor_of[THREADS + 1] = { @PROCESSORLIST@ };
static const char *const name_of[VALUES + 1] = { @VALUELIST@ };

static void run_init(void)
{
@INIT@}

static void run_final(void)
{
@FINAL@}

/* Once every body has ended: the values that lie in memory, 0 where the test has unmapped them. */
static void observe(void)
{
@OBSERVE@}

/* ---- rounds ---- */

static void check(int good, const char *what)
{
	if (good)
		return;
	snprintf(shared->failure, sizeof shared->failure, "%s: %s", what, strerror(errno));
	exit(3);
}

static const char *numbered(const char *path, int number)
{
	static char name[PATH_MAX];

	snprintf(name, sizeof name, "%s.%d", path, number);
	return name;
}

static void make_file(const struct file *wanted, int number)
{
	static char block[65536];
	int fd = open(numbered(wanted->path, number), O_RDWR | O_CREAT | O_TRUNC, 0600);

	check(fd >= 0, wanted->path);
	if (wanted->fill == HOLE)
		check(ftruncate(fd, wanted->size) == 0, wanted->path);
	memset(block, wanted->fill, sizeof block);
	for (off_t done = 0, left; wanted->fill != HOLE && (left = wanted->size - done) > 0;) {
		ssize_t part = write(fd, block, left < (off_t)sizeof block ? (size_t)left : sizeof block);
		check(part > 0, wanted->path);
		done += part;
	}
	close(fd);
}

static void forget_file(const struct file *wanted, int number)
{
	int fd = open(numbered(wanted->path, number), O_RDWR);

	check(fd >= 0 && (number != 0 || syncfs(fd) == 0), wanted->path);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
}

/*
 * Every round has new files, clean and not cached. They are made some time ahead, as syncing each by itself would take
 * longer than the round.
 */
static void set_up(void)
{
	static int left;

	for (const char *const *path = made; *path != NULL; path++)
		unlink(*path);
	if (left == 0) {
		for (int i = 0; i < FILES; i++)
			unlink(file[i].path);
		for (int i = 0; i < FILES * AHEAD; i++)
			make_file(&file[i / AHEAD], i % AHEAD);
		for (int i = 0; i < FILES * AHEAD; i++)
			forget_file(&file[i / AHEAD], i % AHEAD);
		left = AHEAD;
	}
	left--;
	for (int i = 0; i < FILES; i++)
		check(rename(numbered(file[i].path, left), file[i].path) == 0, file[i].path);
}

static void wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore) != 0)
		;
}

static long now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000L + time.tv_nsec;
}

static unsigned long next_random(unsigned long *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void delay(unsigned long *state)
{
	long longest = 100, until;

	for (int i = 0; i < THREADS; i++)
		if (shared->duration[i] > longest)
			longest = shared->duration[i];
	if (longest > 1000000)
		longest = 1000000;
	until = now() + (long)(next_random(state) % (unsigned long)(longest + longest / 4));
	while (now() < until)
		;
}

static void *run_thread(void *argument)
{
	long me = (long)argument;
	unsigned long state = (seed + 1) * 0x9e3779b97f4a7c15UL + (unsigned long)me * 0xbf58476d1ce4e5b9UL + 1
		+ (unsigned long)process;

	for (;;) {
		wait_for(&shared->start[me]);
		atomic_fetch_add(&shared->arrived, 1);
		for (int turns = 0; atomic_load(&shared->arrived) < THREADS; turns++)
			if (THREADS > processors || turns > 20000)
				sched_yield();
		if (THREADS <= processors || next_random(&state) % 2)
			delay(&state);
		long begin = now();
		body[me]();
		shared->duration[me] = (7 * shared->duration[me] + now() - begin) / 8;
		sem_post(&shared->done);
	}
	return NULL;
}

static void start_threads(int index)
{
	for (long i = 0; i < THREADS; i++) {
		pthread_t thread;

		if (process_of[i] != index)
			continue;
		if (pthread_create(&thread, NULL, run_thread, (void *)i) != 0)
			exit(3);
		if (processor_of[i] >= 0 && processor_of[i] < processors) {
			cpu_set_t set;

			CPU_ZERO(&set);
			CPU_SET(processor_of[i], &set);
			pthread_setaffinity_np(thread, sizeof set, &set);
		}
	}
}

/*
 * Gives back what the last round left: children, open files, mappings, the contents of memory. Files go before mappings:
 * who unmaps memory that a userfaultfd is to be told of would wait for a reader.
 */
static void undo(void)
{
	@REAP@
	close_range(3, ~0U, 0);
	for (int i = 0; i < mappings && i < MAPPINGS; i++)
		munmap(mapping[i].address, mapping[i].length);
	mappings = 0;
	reset();
}

static void count(void)
{
	int i = 0;

	while (i < shared->known && memcmp(shared->outcome[i].value, shared->saw, sizeof(long) * VALUES) != 0)
		i++;
	if (i == OUTCOMES) {
		shared->lost++;
		return;
	}
	memcpy(shared->outcome[i].value, shared->saw, sizeof(long) * VALUES);
	shared->outcome[i].count++;
	if (i == shared->known)
		shared->known++;
}

static void rounds(void)
{
	long end = now() + (long)(seconds * 1e9);

	while (shared->rounds < most_rounds && now() < end) {
		undo();
		set_up();
		memset(shared->saw, 0, sizeof shared->saw);
		for (int i = 1; i < PROCESSES; i++) {
			sem_post(&shared->prepare[i]);
			wait_for(&shared->done);
		}
		run_init();
		atomic_store(&shared->arrived, 0);
		for (int i = 0; i < THREADS; i++)
			sem_post(&shared->start[i]);
		for (int i = 0; i < THREADS; i++)
			wait_for(&shared->done);
		run_final();
		observe();
		count();
		atomic_fetch_add(&shared->rounds, 1);
	}
	undo();
}

static void run_process(int index)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_NODEFER };
	int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGPIPE };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	process = getpid();
	for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++)
		sigaction(signals[i], &action, NULL);
	start_threads(index);
	if (index == 0) {
		rounds();
		exit(0);
	}
	for (;;) {
		wait_for(&shared->prepare[index]);
		undo();
		sem_post(&shared->done);
	}
}

/* ---- the process that watches ---- */

static volatile sig_atomic_t stopped;
static pid_t processes[PROCESSES];

static void on_stop(int number)
{
	(void)number;
	stopped = 1;
}

static void start(void)
{
	for (int i = 0; i < THREADS; i++)
		sem_init(&shared->start[i], 1, 0);
	for (int i = 0; i < PROCESSES; i++)
		sem_init(&shared->prepare[i], 1, 0);
	sem_init(&shared->done, 1, 0);
	fflush(stdout);
	for (int i = PROCESSES - 1; i >= 0; i--) {
		processes[i] = fork();
		if (processes[i] < 0) {
			perror("fork");
			exit(3);
		}
		if (processes[i] == 0) {
			setpgid(0, 0);
			run_process(i);
		}
		setpgid(processes[i], processes[i]);
	}
}

/* Ends everything that runs; says so if a part of it sits in the kernel and cannot be ended. */
static void stop(void)
{
	for (int i = 0; i < PROCESSES; i++)
		kill(-processes[i], SIGKILL);
	for (int tries = 0; tries < 200; tries++) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (waitpid(-1, NULL, WNOHANG) < 0)
			return;
		usleep(10000);
	}
	printf("# some tasks cannot be killed\n");
	stopped = 1;
}

static void show_file(const char *path)
{
	char line[256];
	FILE *file = fopen(path, "r");

	if (file == NULL)
		return;
	while (fgets(line, sizeof line, file) != NULL)
		printf("#     %s%s", line, strchr(line, '\n') ? "" : "\n");
	fclose(file);
}

/* Where the tasks of a process wait in the kernel. */
static void show_stacks(pid_t pid)
{
	char path[512];
	struct dirent *task;
	DIR *tasks;

	snprintf(path, sizeof path, "/proc/%d/task", pid);
	tasks = opendir(path);
	while (tasks != NULL && (task = readdir(tasks)) != NULL) {
		if (task->d_name[0] == '.')
			continue;
		printf("# task %s\n", task->d_name);
		snprintf(path, sizeof path, "/proc/%d/task/%.32s/stack", pid, task->d_name);
		show_file(path);
	}
	if (tasks != NULL)
		closedir(tasks);
}

/* Whether a task of the process could go on, and waits for a processor at most: then nothing is known of a deadlock. */
static int runs(pid_t pid)
{
	char path[512], line[512];
	int found = 0;
	struct dirent *task;
	DIR *tasks;

	snprintf(path, sizeof path, "/proc/%d/task", pid);
	tasks = opendir(path);
	while (!found && tasks != NULL && (task = readdir(tasks)) != NULL) {
		snprintf(path, sizeof path, "/proc/%d/task/%.32s/stat", pid, task->d_name);
		FILE *stat = task->d_name[0] == '.' ? NULL : fopen(path, "r");
		if (stat == NULL)
			continue;
		char *behind = fgets(line, sizeof line, stat) != NULL ? strrchr(line, ')') : NULL;
		found = behind != NULL && strncmp(behind, ") R", 3) == 0;
		fclose(stat);
	}
	if (tasks != NULL)
		closedir(tasks);
	return found;
}

static int any_runs(void)
{
	for (int i = 0; i < PROCESSES; i++)
		if (runs(processes[i]))
			return 1;
	return 0;
}

/* Comes to 0 once the first process has ended by itself, 1 if a round does not end, 2 if something else is wrong. */
static int watch(void)
{
	unsigned long seen = shared->rounds;
	long since = now();
	int status;

	while (!stopped) {
		pid_t ended = waitpid(-1, &status, WNOHANG);

		if (ended == processes[0] && WIFEXITED(status) && WEXITSTATUS(status) == 0)
			return 0;
		if (ended > 0) {
			if (WIFSIGNALED(status))
				snprintf(shared->failure, sizeof shared->failure, "a process of the test was ended by signal %d",
					WTERMSIG(status));
			return 2;
		}
		if (shared->rounds != seen) {
			seen = shared->rounds;
			since = now();
		}
		long waited = (now() - since) / 1000000000L;
		if (waited >= 12 * @PATIENCE@ || waited >= @PATIENCE@ && !any_runs())
			return 1;
		usleep(2000);
	}
	return 2;
}

static void print(unsigned long deadlocks)
{
	printf("rounds %lu\n", shared->rounds + deadlocks);
	for (int i = 0; i < shared->known; i++) {
		printf("%10lu :>", shared->outcome[i].count);
		for (int j = 0; j < VALUES; j++)
			printf(" %s=%ld;", name_of[j], shared->outcome[i].value[j]);
		printf("\n");
	}
	if (deadlocks)
		printf("%10lu :> deadlock\n", deadlocks);
	if (shared->lost)
		printf("# %d rounds ended in outcomes for which there was no room\n", shared->lost);
	if (shared->failure[0])
		printf("failed: %s\n", shared->failure);
	printf("end\n");
}

int main(int argc, char **argv)
{
	unsigned long deadlocks = 0;
	long begin = now();
	int state;

	if (argc > 1)
		most_rounds = strtoul(argv[1], NULL, 10);
	if (argc > 2)
		seconds = atof(argv[2]);
	if (argc > 3)
		seed = strtoul(argv[3], NULL, 10);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGTERM, on_stop);
	signal(SIGINT, on_stop);
	signal(SIGHUP, on_stop);
	processors = sysconf(_SC_NPROCESSORS_ONLN);
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED) {
		perror("mmap");
		return 3;
	}
	double whole = seconds;
	do {
		seconds = whole - (double)(now() - begin) / 1e9;
		start();
		state = watch();
		if (state == 1) {
			deadlocks++;
			for (int i = 0; i < PROCESSES; i++)
				show_stacks(processes[i]);
		}
		stop();
	} while (state == 1 && !stopped && deadlocks < 3 && shared->rounds + deadlocks < most_rounds);
	print(deadlocks);
	return shared->failure[0] ? 3 : 0;
}
