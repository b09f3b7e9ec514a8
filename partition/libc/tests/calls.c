// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Each system call that the library serves, as Linux serves it; what differs is named. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

#define PAGE 4096

static void files(void)
{
	struct stat st;
	char bytes[64];
	int null = open("/dev/null", O_RDWR), zero, random, copy;

	check(null >= 3);
	check(write(null, "abc", 3) == 3);
	check(read(null, bytes, sizeof(bytes)) == 0);
	check(!fstat(null, &st) && S_ISCHR(st.st_mode));
	zero = open("/dev/zero", O_RDONLY);
	memset(bytes, 1, sizeof(bytes));
	check(read(zero, bytes, 10) == 10 && !bytes[0] && !bytes[9] && bytes[10] == 1);
	random = open("/dev/urandom", O_RDONLY);
	check(read(random, bytes, 64) == 64 && memcmp(bytes, bytes + 32, 32));
	copy = dup(zero);
	check(copy > random);
	check(!close(zero));
	check(read(copy, bytes, 64) == 64 && !bytes[63]);
	check(dup2(null, copy) == copy);
	check(read(copy, bytes, 64) == 0);
	check(!close(copy) && !close(random) && !close(null));
	fails(close(null), EBADF);
	fails(read(77, bytes, 1), EBADF);
	fails(write(-1, bytes, 1), EBADF);
	fails(open("/no/such/file", O_RDONLY), ENOENT);
	fails(stat("/no/such/file", &st), ENOENT);
	fails(access("/no/such/file", R_OK), ENOENT);
	check(!stat("/dev/null", &st) && S_ISCHR(st.st_mode));
	check(!fopen("/no/such/file", "r") && errno == ENOENT);
	test("files");
}

static void streams(void)
{
	struct iovec v[3] = { { "# a ", 4 }, { NULL, 0 }, { "vector\n", 7 } };
	struct pollfd p[2] = { { .fd = 1, .events = POLLOUT }, { .fd = 88, .events = POLLIN } };
	struct stat st;

	check(writev(1, v, 3) == 11);
	check(write(2, "# to the error output\n", 22) == 22);
	check(write(1, "", 0) == 0);
	check(!fstat(1, &st) && (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode) || S_ISREG(st.st_mode)));
	check(poll(p, 2, 0) == 2 && p[0].revents == POLLOUT && p[1].revents == POLLNVAL);
	check(poll(NULL, 0, 20) == 0);
	if (S_ISFIFO(st.st_mode)) {
		fails(lseek(1, 0, SEEK_SET), ESPIPE);
		check(!isatty(1) && errno == ENOTTY);
	}
	/* On a partition core whoever starts the program says what is a terminal. */
	if (on_remora())
		check(isatty(1) == !!getenv("REMORA_TTY"));
	check(fcntl(1, F_GETFL) >= 0);
	check(!fcntl(1, F_SETFD, FD_CLOEXEC));
	test("streams");
}

static void memory(void)
{
	char *p = mmap(NULL, 10 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *q;

	check(p != MAP_FAILED && (uintptr_t)p % PAGE == 0);
	for (int i = 0; i < 10 * PAGE; i++)
		check(!p[i]);
	memset(p, 7, 10 * PAGE);
	check(!munmap(p + 3 * PAGE, PAGE));
	check(p[3 * PAGE - 1] == 7 && p[4 * PAGE] == 7);
	check(!mprotect(p, 2 * PAGE, PROT_READ));
	check(p[0] == 7);
	check(!mprotect(p, 2 * PAGE, PROT_READ | PROT_WRITE));
	p[0] = 8;
	fails(mprotect(p + 2 * PAGE, 3 * PAGE, PROT_READ), ENOMEM);
	check(!madvise(p, PAGE, MADV_DONTNEED));
	check(p[0] == 0 && p[PAGE] == 7);
	q = mmap(p + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	check(q == p + PAGE && !q[0] && p[2 * PAGE] == 7);
	check(mremap(p + 8 * PAGE, 2 * PAGE, PAGE, 0) == p + 8 * PAGE);
	check(!munmap(p, 10 * PAGE));
	fails(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EINVAL);
	fails(munmap(p + 1, PAGE), EINVAL);
	fails(mmap(NULL, 1ul << 46, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
	if (on_remora())
		fails(mmap(NULL, PAGE, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		      EACCES);
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	/* mov $42, %eax; ret */
	memcpy(p, "\xb8\x2a\x00\x00\x00\xc3", 6);
	check(!mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	check(((int (*)(void))p)() == 42);
	check(!munmap(p, PAGE));
	test("memory");
}

static void breaks(void)
{
	char *now = (char *)syscall(SYS_brk, 0), *more = now + 100000;

	check(now && (char *)syscall(SYS_brk, more) == more);
	memset(now, 5, 100000);
	check((char *)syscall(SYS_brk, now) == now);
	check((char *)syscall(SYS_brk, more) == more);
	check((char *)syscall(SYS_brk, (uintptr_t)1 << 46) == more);
	test("the break");
}

static double seconds(clockid_t clock)
{
	struct timespec t;

	check(!clock_gettime(clock, &t));
	check(t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void clocks(void)
{
	struct timespec t = { .tv_nsec = 30000000 }, bad = { .tv_nsec = -1 };
	double before = seconds(CLOCK_MONOTONIC), wall = seconds(CLOCK_REALTIME), after;
	struct timeval tv;
	struct tms tms;

	check(!nanosleep(&t, NULL));
	after = seconds(CLOCK_MONOTONIC);
	check(after >= before + 0.03 && after < before + 20);
	check(seconds(CLOCK_REALTIME) > wall);
	check(!gettimeofday(&tv, NULL) && (double)tv.tv_sec >= wall - 1);
	check(llabs((long long)time(NULL) - tv.tv_sec) <= 1);
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += 1;
	before = seconds(CLOCK_MONOTONIC);
	check(!clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL));
	check(seconds(CLOCK_MONOTONIC) >= before + 0.9);
	check(clock_nanosleep(CLOCK_MONOTONIC, 0, &bad, NULL) == EINVAL);
	check(clock_nanosleep(12345, 0, &t, NULL) == EINVAL);
	fails(clock_gettime(12345, &t), EINVAL);
	check(!clock_getres(CLOCK_MONOTONIC, &t) && !t.tv_sec && t.tv_nsec);
	for (int i = 0; i < 1000; i++) {
		before = seconds(CLOCK_MONOTONIC);
		check(seconds(CLOCK_MONOTONIC) >= before);
	}
	check(clock() != (clock_t)-1);
	check(times(&tms) != (clock_t)-1);
	test("clocks");
}

static void identity(void)
{
	unsigned char a[40] = { 0 }, b[40] = { 0 };
	struct utsname u;
	struct rlimit l;
	cpu_set_t cpus;
	char path[100];

	check(getpid() > 0 && syscall(SYS_gettid) == getpid());
	check(getuid() == geteuid() && getgid() == getegid());
	check(!uname(&u) && !strcmp(u.machine, "x86_64") && strlen(u.nodename));
	check(!getrlimit(RLIMIT_STACK, &l) && l.rlim_cur >= 65536);
	check(!sched_getaffinity(0, sizeof(cpus), &cpus) && CPU_COUNT(&cpus) >= 1);
	check(sysconf(_SC_NPROCESSORS_ONLN) >= 1 && sysconf(_SC_PAGESIZE) == PAGE);
	check(getrandom(a, 40, 0) == 40 && getrandom(b, 33, 0) == 33);
	check(memcmp(a, b, 32) && !b[33]);
	check(getcwd(path, sizeof(path)) && path[0] == '/');
	check(!sched_yield());
	if (on_remora()) {
		fails(fork(), ENOSYS);
		fails(syscall(SYS_socket, 1, 1, 0), ENOSYS);
		fails(syscall(4711), ENOSYS);
	}
	test("identity and limits");
}

static void handler(int signal)
{
	(void)signal;
}

static void signals(void)
{
	sigset_t set, was;

	check(signal(SIGUSR1, SIG_IGN) == SIG_DFL);
	check(!raise(SIGUSR1));
	check(!kill(getpid(), SIGCHLD));
	check(!kill(getpid(), 0));
	check(signal(SIGUSR1, handler) == SIG_IGN);
	if (on_remora())
		fails(kill(getpid(), SIGUSR1), ENOSYS);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	check(!sigprocmask(SIG_BLOCK, &set, &was));
	check(!sigprocmask(SIG_SETMASK, &was, &set) && sigismember(&set, SIGUSR2));
	test("signals");
}

/* The stack grows on demand: half a MiB of it at once. */
static int deep(int n)
{
	volatile char room[8192];

	room[0] = (char)n;
	return n ? deep(n - 1) + room[0] : 0;
}

static void stack(int argc, char **argv, char **environ)
{
	check(argc >= 1 && argv[0][0] && !argv[argc]);
	argv[0][0] = 'x'; /* its own to change */
	setenv("SOMETHING", "else", 1);
	check(!strcmp(getenv("SOMETHING"), "else"));
	check(environ != NULL);
	check(deep(600) == deep(600));
	test("stack and environment");
}

int main(int argc, char **argv, char **envp)
{
	files();
	streams();
	memory();
	breaks();
	clocks();
	identity();
	signals();
	stack(argc, argv, envp);
	printf("1..8\n");
	return 0;
}
