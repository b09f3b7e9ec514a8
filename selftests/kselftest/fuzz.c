// SPDX-License-Identifier: GPL-2.0-only
/*
 * The storm: workers in several processes, one of them without privileges, call the module in every
 * way at random, together, for REMORA_FUZZ_SECONDS (default 10) from REMORA_FUZZ_SEED (default: by
 * the clock; it is printed). Then all must be as before, and every ioctl must have worked at some
 * time: a storm that only ever met errors would have tested little.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "fuzz.h"
#include "harness.h"

#define WATCH_MS "/sys/module/remora/parameters/watch_ms"
#define FAIL_STEP "/sys/kernel/debug/remora/fail_step"
#define TICK_US 20000
#define LULLS 20
#define AFTER_LULL_S 10
#define END_S 120 /* for killed workers to be gone, on the slowest of the lab's guests */
#define DRY_STEPS 3000
#define NOBODY 65534

static unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoul(text, NULL, 0) : otherwise;
}

static void *work(void *arg)
{
	struct fz_worker *w = arg;
	struct fz_shared *s = w->shared;

	__atomic_store_n(&s->tids[w->number], (pid_t)syscall(SYS_gettid), __ATOMIC_RELAXED);
	while (!__atomic_load_n(&s->stop, __ATOMIC_RELAXED)) {
		fz_step(w);
		__atomic_store_n(&s->steps[w->number], w->step, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* The last process opens the control device as root and then is nobody. */
static void drop_privileges(struct fz_process *p)
{
	for (int i = 0; i < FZ_CONTROLS; i++)
		p->control[i] = rt_control(O_RDWR);
	if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		_exit(3);
}

static void process_main(struct fz_shared *s, unsigned int number)
{
	static struct fz_process p;
	static struct fz_worker w[FZ_THREADS];
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fz_process_init(&p))
		_exit(2);
	if (number == FZ_PROCESSES - 1)
		drop_privileges(&p);
	for (unsigned int i = 0; i < FZ_THREADS; i++)
		if (fz_worker_init(&w[i], s, &p, number * FZ_THREADS + i))
			_exit(2);
	for (unsigned int i = 1; i < FZ_THREADS; i++)
		if (pthread_create(&thread, NULL, work, &w[i]))
			_exit(2);
	work(&w[0]);
	_exit(0);
}

/*
 * Every partition goes by force: a spoiled name of a request is still a name, which rt_sweep() would
 * not know. There are no others while these tests run (rt_ready()).
 */
static void sweep(void)
{
	char names[64][REMORA_NAME_MAX];
	int count = rt_list(names, 64), i;

	for (i = 0; i < count && i < 64; i++)
		rt_destroy(names[i], REMORA_FORCE, NULL);
}

FIXTURE(fuzz)
{
	struct fz_shared *s;
	struct rt_snapshot before;
	char watch_ms[16];
};

FIXTURE_SETUP(fuzz)
{
	struct rt_spec spec;
	int fd;

	rt_sweep();
	self->s = mmap(NULL, sizeof(*self->s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	ASSERT_NE(MAP_FAILED, self->s);
	self->s->seed = setting("REMORA_FUZZ_SEED", (unsigned long)time(NULL));
	self->s->cpu_count = rt_cpus(self->s->cpus, RT_CPUS_ROOM);
	ASSERT_LT(0, self->s->cpu_count);
	/* Once through everything, so that what Linux keeps for later is there before the look. */
	ASSERT_EQ(0, rt_begin(&spec, "warm", 0, 1, &fd)) { TH_LOG("%s", spec.c.error.message); }
	EXPECT_EQ(0, rt_ping(fd, 1, 10));
	close(fd);
	rt_sweep();
	ASSERT_EQ(0, rt_snapshot(&self->before));
	ASSERT_LT(0, rt_read_text(WATCH_MS, self->watch_ms, sizeof(self->watch_ms)));
}

FIXTURE_TEARDOWN(fuzz)
{
	rt_write_text(WATCH_MS, self->watch_ms);
	rt_write_text(FAIL_STEP, "");
	sweep();
	munmap(self->s, sizeof(*self->s));
}

/* The calls of one worker from the seed, as a sum over what they are made of. */
static __u64 dry_run(struct fz_shared *s, __u64 seed)
{
	struct fz_process p;
	struct fz_worker w;
	__u64 sum[2] = { 0, 1 };
	int ends[2];
	pid_t child;

	if (pipe(ends))
		return 0;
	child = fork();
	if (!child) {
		s->seed = seed;
		s->dry = true;
		if (fz_process_init(&p) || fz_worker_init(&w, s, &p, 1))
			_exit(1);
		while (w.step < DRY_STEPS)
			fz_step(&w);
		_exit(write(ends[1], &w.digest, sizeof(w.digest)) != sizeof(w.digest));
	}
	close(ends[1]);
	if (read(ends[0], sum, sizeof(sum[0])) != sizeof(sum[0]))
		sum[0] = 0;
	close(ends[0]);
	waitpid(child, NULL, 0);
	return sum[0];
}

/* Were it not so, a seed that found something could not find it again. */
TEST_F_TIMEOUT(fuzz, same_seed_same_calls, 60)
{
	__u64 one = dry_run(self->s, 1);

	EXPECT_NE(0, one);
	EXPECT_EQ(one, dry_run(self->s, 1));
	EXPECT_NE(one, dry_run(self->s, 2));
}

static void report(const char *what, const char *name, const struct fz_tally *t)
{
	char errors[256] = "";
	size_t at = 0;

	for (int e = 1; e < FZ_ERRNOS && at < sizeof(errors) - 32; e++)
		if (t->failed[e])
			at += (size_t)snprintf(errors + at, sizeof(errors) - at, " %s %lu",
					       strerrorname_np(e), t->failed[e]);
	printf("# %s %-22s %8lu calls %8lu done %s\n", what, name, t->calls, t->done, errors);
}

static void report_all(const struct fz_shared *s)
{
	unsigned long steps = 0, reasons = 0;

	for (unsigned int i = 0; i < fz_op_count(); i++)
		report("op   ", fz_op_name(i), &s->ops[i]);
	for (unsigned int i = 0; i < fz_ioctl_count(); i++)
		report("ioctl", fz_ioctl_name(i) + strlen("REMORA_IOC_"), &s->ioctls[i]);
	for (unsigned int i = 0; i < FZ_WORKERS; i++)
		steps += s->steps[i];
	for (unsigned int i = 1; i < FZ_REASONS; i++)
		reasons += !!s->reasons[i];
	printf("# %lu steps, %lu different reasons\n", steps, reasons);
}

/* Whatever they wait for in the kernel, killed processes end. Return: how many did not. */
static int reap(const pid_t *pids, int count)
{
	time_t end = time(NULL) + END_S;
	int left = 0;

	for (int i = 0; i < count; i++)
		kill(pids[i], SIGKILL);
	for (int i = 0; i < count; i++) {
		while (!waitpid(pids[i], NULL, WNOHANG) && time(NULL) < end)
			usleep(10000);
		left += !kill(pids[i], 0);
	}
	/* And what they had forked. */
	while (time(NULL) < end && waitpid(-1, NULL, WNOHANG) >= 0)
		usleep(10000);
	return left;
}

/* What needs a program on a core was at least called. */
static bool worked(const struct fz_shared *s, unsigned int i)
{
	const struct fz_tally *t = &s->ioctls[i];

	return __atomic_load_n(fz_ioctl_alone(i) ? &t->done : &t->calls, __ATOMIC_RELAXED);
}

static bool all_worked(const struct fz_shared *s)
{
	for (unsigned int i = 0; i < fz_ioctl_count(); i++)
		if (!worked(s, i))
			return false;
	return true;
}

static long act(struct fz_shared *s, int fd, unsigned long command, void *request)
{
	long ret = ioctl(fd, command, request);

	fz_note(&s->ioctls[fz_ioctl_find(command)], ret);
	return ret;
}

static void live(struct fz_shared *s, int fd, unsigned int cores)
{
	struct remora_act plain = { .size = sizeof(plain) };
	struct remora_peer_ping ping = { .size = sizeof(ping), .node = 1, .peer = 2, .count = 5 };
	struct remora_shootdown d = {
		.size = sizeof(d), .protocol = REMORA_SHOOTDOWN_UNICAST, .pages = 1, .count = 1, .nodes = 2,
	};
	struct remora_add_cpu add = { .size = sizeof(add), .cpu = s->cpus[cores] };
	struct remora_remove_cpu leave = { .size = sizeof(leave), .cpu = add.cpu, .flags = REMORA_FORCE };
	struct remora_inject die = { .size = sizeof(die), .node = 1, .kind = REMORA_FAULT_OPCODE };

	act(s, fd, REMORA_IOC_START, &plain);
	act(s, fd, REMORA_IOC_PEER_PING, &ping);
	act(s, fd, REMORA_IOC_SHOOTDOWN, &d);
	if (s->cpu_count > cores) {
		act(s, fd, REMORA_IOC_ADD_CPU, &add);
		act(s, fd, REMORA_IOC_REMOVE_CPU, &leave);
	}
	act(s, fd, REMORA_IOC_INJECT, &die);
	act(s, fd, REMORA_IOC_RESET, &plain);
	act(s, fd, REMORA_IOC_STOP, &plain);
	act(s, fd, REMORA_IOC_START, &plain);
}

/* One partition in good order, in place of all there were; it stays, for the storm to find. */
static void life(struct fz_shared *s)
{
	unsigned int cores = s->cpu_count < 2 ? 1 : 2;
	struct remora_name name = { .size = sizeof(name), .flags = REMORA_FORCE };
	int control = rt_control(O_RDWR), fd;
	struct rt_spec spec;

	rt_write_text(FAIL_STEP, "");
	rt_spec_init(&spec, "fz0", 0, cores);
	memcpy(spec.cpus, s->cpus, cores * sizeof(spec.cpus[0]));
	spec.c.cpu_count = cores;
	spec.c.flags = REMORA_CREATE_FAULTS;
	strcpy(name.name, spec.c.name);
	sweep();
	for (unsigned int i = 0; i < s->cpu_count; i++)
		rt_cpu_online(s->cpus[i], true);
	act(s, control, REMORA_IOC_CHECK, &spec.c);
	act(s, control, REMORA_IOC_CREATE, &spec.c);
	act(s, control, REMORA_IOC_DESTROY, &name);
	if (!act(s, control, REMORA_IOC_CREATE, &spec.c)) {
		fd = rt_open(spec.c.name, O_RDWR);
		live(s, fd, cores);
		close(fd);
	}
	close(control);
}

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* The workers stand still meanwhile, wherever they are. */
static void lull(struct fz_shared *s, const pid_t *pids)
{
	time_t end = time(NULL) + END_S;
	siginfo_t info;

	for (unsigned int i = 0; i < FZ_PROCESSES; i++)
		kill(pids[i], SIGSTOP);
	for (unsigned int i = 0; i < FZ_PROCESSES; i++)
		for (info.si_pid = 0; !info.si_pid && time(NULL) < end; usleep(10000))
			if (waitid(P_PID, (id_t)pids[i], &info, WSTOPPED | WNOHANG))
				break;
	life(s);
	for (unsigned int i = 0; i < FZ_PROCESSES; i++)
		kill(pids[i], SIGCONT);
}

/*
 * So long, and until every ioctl worked once. What chance did not bring about in that time (few calls
 * are made where the guest gets little of its machine, and few of them find two cores that live) must
 * work in one of some lulls, or between them.
 */
static int storm(struct fz_shared *s, unsigned long seconds)
{
	pid_t pids[FZ_PROCESSES];
	struct fz_rng r = { s->seed };
	time_t end, next = 0;
	unsigned int lulls = 0;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (unsigned int i = 0; i < FZ_PROCESSES; i++) {
		pids[i] = fork();
		if (!pids[i])
			process_main(s, i);
	}
	end = now_s() + (time_t)seconds;
	for (;;) {
		pid_t tid = s->tids[fz_below(&r, FZ_WORKERS)];

		usleep(TICK_US);
		/* A wait without end becomes EINTR. */
		if (tid)
			syscall(SYS_tkill, tid, SIGUSR1);
		if (now_s() < end || (now_s() < next && !all_worked(s)))
			continue;
		if (lulls == LULLS || all_worked(s))
			break;
		lull(s, pids);
		lulls++;
		next = now_s() + AFTER_LULL_S;
	}
	printf("# %u lulls\n", lulls);
	s->stop = true;
	return reap(pids, FZ_PROCESSES);
}

static void put_back(const struct fz_shared *s, const char *watch_ms)
{
	rt_write_text(FAIL_STEP, "");
	rt_write_text(WATCH_MS, watch_ms);
	for (unsigned int i = 0; i < s->cpu_count; i++)
		rt_cpu_online(s->cpus[i], true);
	sweep();
	for (unsigned int i = 0; i < s->cpu_count; i++)
		rt_cpu_online(s->cpus[i], true);
}

TEST_F_TIMEOUT(fuzz, storm, 3600)
{
	unsigned long seconds = setting("REMORA_FUZZ_SECONDS", 10);
	struct rt_spec spec;
	int fd;

	printf("# REMORA_FUZZ_SEED=%llu REMORA_FUZZ_SECONDS=%lu\n", self->s->seed, seconds);
	/* Dead cores are found sooner, so that more happens. */
	rt_write_text(WATCH_MS, "200");
	EXPECT_EQ(0, storm(self->s, seconds));
	put_back(self->s, self->watch_ms);
	report_all(self->s);
	for (unsigned int i = 0; i < fz_ioctl_count(); i++) {
		EXPECT_TRUE(worked(self->s, i))
		{
			TH_LOG("%s never worked", fz_ioctl_name(i));
		}
	}
	EXPECT_LT(0, self->s->ops[0].calls);
	RT_EXPECT_LEDGER_ZERO();
	RT_EXPECT_AS_BEFORE(&self->before, 16384);
	ASSERT_EQ(0, rt_begin(&spec, "after", 0, 1, &fd)) { TH_LOG("%s", spec.c.error.message); }
	EXPECT_EQ(0, rt_ping(fd, 1, 100));
	close(fd);
}

TEST_HARNESS_MAIN
