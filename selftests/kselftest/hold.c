// SPDX-License-Identifier: GPL-2.0-only
/* A taken CPU is held against Linux's own hotplug; other CPUs come and go as before. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "harness.h"

FIXTURE(hold)
{
	struct rt_spec s;
	int fd;
};

FIXTURE_SETUP(hold)
{
	rt_sweep();
	ASSERT_EQ(0, rt_begin(&self->s, "hold", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
}

FIXTURE_TEARDOWN(hold)
{
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

TEST_F(hold, online_refused)
{
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(-EBUSY, rt_cpu_online(self->s.cpus[0], true));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 50));
	EXPECT_NE(0, rt_cpu_works(self->s.cpus[0]));
}

TEST_F(hold, online_refused_while_stopped)
{
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_STOP, 0, NULL));
	EXPECT_EQ(-EBUSY, rt_cpu_online(self->s.cpus[0], true));
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 5));
}

TEST_F(hold, free_after_destroy)
{
	unsigned int cpu = self->s.cpus[0];

	ASSERT_EQ(0, rt_destroy(self->s.c.name, 0, NULL));
	EXPECT_EQ(0, rt_cpu_works(cpu));
	EXPECT_EQ(0, rt_cpu_online(cpu, false));
	EXPECT_EQ(0, rt_cpu_online(cpu, true));
	EXPECT_EQ(0, rt_cpu_works(cpu));
}

/* Linux's broadcasts reach the core; it drops and counts them. */
TEST_F(hold, hotplug_of_others)
{
	__u32 cpus[RT_CPUS_ROOM];

	RT_SKIP_UNLESS_CPUS(1);
	ASSERT_LT(0, rt_cpus(cpus, RT_CPUS_ROOM));
	for (int i = 0; i < 5; i++) {
		EXPECT_EQ(0, rt_cpu_online(cpus[0], false));
		EXPECT_EQ(0, rt_ping(self->fd, 1, 20));
		EXPECT_EQ(0, rt_cpu_online(cpus[0], true));
		EXPECT_EQ(0, rt_ping(self->fd, 1, 20));
	}
	EXPECT_EQ(0, rt_cpu_works(cpus[0]));
}

struct deadline_attr {
	__u32 size, policy;
	__u64 flags;
	__s32 nice;
	__u32 priority;
	__u64 runtime, deadline, period;
};

/* A task that reserves 90 % of one CPU's time, and sleeps. */
static pid_t reserve(void)
{
	struct deadline_attr a = {
		.size = sizeof(a), .policy = SCHED_DEADLINE, .runtime = 90000000,
		.deadline = 100000000, .period = 100000000,
	};
	int pipes[2];
	pid_t child;
	char ok = 0;

	if (pipe(pipes))
		return -1;
	child = fork();
	if (!child) {
		ok = syscall(SYS_sched_setattr, 0, &a, 0) == 0;
		if (write(pipes[1], &ok, 1) == 1)
			pause();
		_exit(0);
	}
	if (read(pipes[0], &ok, 1) != 1 || !ok) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		child = -1;
	}
	close(pipes[0]);
	close(pipes[1]);
	return child;
}

/* Linux does not give up a CPU whose reserved time would not fit on the others: all is undone. */
TEST_F(hold, linux_refuses)
{
	pid_t task[RT_CPUS_ROOM];
	__u32 cpus[RT_CPUS_ROOM];
	unsigned int n = 0, have;
	struct rt_spec s;

	have = rt_cpus(cpus, RT_CPUS_ROOM) + 1;
	if (have < 2)
		SKIP(return, "needs two CPUs for Linux");
	rt_spec_init(&s, "other", 0, 1);
	while (n < have && (task[n] = reserve()) > 0)
		n++;
	if (n < have) {
		while (n)
			kill(task[--n], SIGKILL);
		SKIP(return, "this kernel grants no deadline reservation");
	}
	EXPECT_EQ(-EBUSY, rt_create(&s));
	EXPECT_EQ(REMORA_R_CPU_REFUSED, s.c.error.reason) { TH_LOG("%s", s.c.error.message); }
	EXPECT_EQ(1, rt_ledger("cpus"));
	while (n) {
		kill(task[--n], SIGKILL);
		waitpid(task[n], NULL, 0);
	}
	EXPECT_EQ(0, rt_create(&s)) { TH_LOG("%s", s.c.error.message); }
}

TEST_HARNESS_MAIN
