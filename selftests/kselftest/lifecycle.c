// SPDX-License-Identifier: GPL-2.0-only
/* Start, stop, reset and destroy in every state. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include "harness.h"

FIXTURE(lifecycle)
{
	struct rt_spec s;
	struct remora_error error;
	int fd;
};

FIXTURE_SETUP(lifecycle)
{
	rt_sweep();
	rt_spec_init(&self->s, "life", 0, 1);
	self->s.c.flags = REMORA_CREATE_FAULTS;
	ASSERT_EQ(0, rt_create(&self->s)) { TH_LOG("%s", self->s.c.error.message); }
	self->fd = rt_open(self->s.c.name, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(lifecycle)
{
	close(self->fd);
	rt_sweep();
	RT_EXPECT_LEDGER_ZERO();
}

static unsigned int state(int fd)
{
	struct rt_status s;

	return rt_status(fd, &s) < 0 ? ~0u : s.s.state;
}

TEST_F(lifecycle, new_is_offline)
{
	EXPECT_EQ(REMORA_OFFLINE, state(self->fd));
}

TEST_F(lifecycle, start_runs)
{
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, &self->error))
	{
		TH_LOG("%s", self->error.message);
	}
	EXPECT_EQ(REMORA_RUNNING, state(self->fd));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 100));
}

TEST_F(lifecycle, start_twice)
{
	int ret;

	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, &self->error));
	ret = rt_act(self->fd, REMORA_IOC_START, 0, &self->error);
	RT_EXPECT_REASON(ret, &self->error, REMORA_R_STATE_WRONG, EBUSY);
	EXPECT_NE(NULL, strstr(self->error.message, "running"));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 10));
}

TEST_F(lifecycle, stop_offline)
{
	int ret = rt_act(self->fd, REMORA_IOC_STOP, 0, &self->error);

	RT_EXPECT_REASON(ret, &self->error, REMORA_R_STATE_WRONG, EBUSY);
	EXPECT_NE(NULL, strstr(self->error.message, "offline"));
}

TEST_F(lifecycle, stop_start_again)
{
	int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, &self->error))
		{
			TH_LOG("turn %d: %s", i, self->error.message);
		}
		EXPECT_EQ(0, rt_ping(self->fd, 1, 10));
		ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_STOP, 0, &self->error))
		{
			TH_LOG("turn %d: %s", i, self->error.message);
		}
		EXPECT_EQ(REMORA_OFFLINE, state(self->fd));
	}
}

/* Stopped, the partition still holds its CPU; Linux does not have it. */
TEST_F(lifecycle, stopped_keeps_cpu)
{
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_STOP, 0, NULL));
	EXPECT_EQ(1, rt_ledger("cpus"));
	EXPECT_NE(0, rt_cpu_works(self->s.cpus[0]));
}

TEST_F(lifecycle, reset_running)
{
	struct rt_status before, after;

	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	ASSERT_EQ(0, rt_status(self->fd, &before));
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_RESET, 0, &self->error))
	{
		TH_LOG("%s", self->error.message);
	}
	ASSERT_EQ(0, rt_status(self->fd, &after));
	EXPECT_EQ(REMORA_RUNNING, after.s.state);
	EXPECT_GT(after.s.generation, before.s.generation);
	EXPECT_EQ(0, rt_ping(self->fd, 1, 10));
}

TEST_F(lifecycle, reset_crashed)
{
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_OPCODE, &self->error))
	{
		TH_LOG("%s", self->error.message);
	}
	ASSERT_EQ(0, rt_wait_state(self->fd, 0, REMORA_CRASHED, RT_PATIENT_MS));
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_RESET, 0, &self->error))
	{
		TH_LOG("%s", self->error.message);
	}
	EXPECT_EQ(REMORA_RUNNING, state(self->fd));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 10));
}

/* From crashed, start is a restart. */
TEST_F(lifecycle, start_crashed)
{
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_OPCODE, NULL));
	ASSERT_EQ(0, rt_wait_state(self->fd, 0, REMORA_CRASHED, RT_PATIENT_MS));
	EXPECT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, &self->error))
	{
		TH_LOG("%s", self->error.message);
	}
	EXPECT_EQ(REMORA_RUNNING, state(self->fd));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 10));
}

TEST_F(lifecycle, stop_crashed)
{
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_OPCODE, NULL));
	ASSERT_EQ(0, rt_wait_state(self->fd, 0, REMORA_CRASHED, RT_PATIENT_MS));
	EXPECT_EQ(0, rt_act(self->fd, REMORA_IOC_STOP, 0, &self->error))
	{
		TH_LOG("%s", self->error.message);
	}
	EXPECT_EQ(REMORA_OFFLINE, state(self->fd));
	EXPECT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	EXPECT_EQ(0, rt_ping(self->fd, 1, 10));
}

/* A core that spins with interrupts off does not hear the polite request. */
TEST_F(lifecycle, stop_spinning)
{
	int ret;

	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_SPIN, &self->error))
	{
		TH_LOG("%s", self->error.message);
	}
	ret = rt_stop(self->fd, 0, 100, &self->error);
	RT_EXPECT_REASON(ret, &self->error, REMORA_R_CORE_UNSTOPPABLE, ETIMEDOUT);
	EXPECT_EQ(0, rt_stop(self->fd, REMORA_FORCE, 100, &self->error))
	{
		TH_LOG("%s", self->error.message);
	}
	EXPECT_EQ(REMORA_OFFLINE, state(self->fd));
}

TEST_F(lifecycle, stop_bad_arguments)
{
	int ret;

	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	ret = rt_stop(self->fd, 0x40, 0, &self->error);
	RT_EXPECT_REASON(ret, &self->error, REMORA_R_FLAGS_UNKNOWN, EINVAL);
	ret = rt_stop(self->fd, 0, 60001, &self->error);
	RT_EXPECT_REASON(ret, &self->error, REMORA_R_COUNT_INVALID, EINVAL);
	EXPECT_EQ(REMORA_RUNNING, state(self->fd));
}

TEST_F(lifecycle, act_reserved)
{
	struct remora_act a = { .size = sizeof(a), .reserved = 7 };

	EXPECT_EQ(-1, ioctl(self->fd, REMORA_IOC_START, &a));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(REMORA_R_RESERVED_FIELD, a.error.reason);
}

TEST_F(lifecycle, destroy_running)
{
	struct pollfd p = { .fd = self->fd, .events = POLLIN };
	struct rt_status s;

	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	ASSERT_EQ(0, rt_destroy(self->s.c.name, 0, &self->error))
	{
		TH_LOG("%s", self->error.message);
	}
	RT_EXPECT_LEDGER_ZERO();
	EXPECT_EQ(0, rt_cpu_works(self->s.cpus[0]));
	/* The open file outlives the partition and says so. */
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_NE(0, p.revents & POLLHUP);
	EXPECT_EQ(-ENODEV, rt_status(self->fd, &s));
	EXPECT_EQ(-ENODEV, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	EXPECT_EQ(-ENOENT, rt_open(self->s.c.name, O_RDWR));
}

TEST_F(lifecycle, destroy_crashed)
{
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_DOUBLE, NULL));
	ASSERT_EQ(0, rt_wait_state(self->fd, 0, REMORA_CRASHED, RT_PATIENT_MS));
	ASSERT_EQ(0, rt_destroy(self->s.c.name, 0, &self->error))
	{
		TH_LOG("%s", self->error.message);
	}
	RT_EXPECT_LEDGER_ZERO();
	EXPECT_EQ(0, rt_cpu_works(self->s.cpus[0]));
}

TEST_F(lifecycle, destroy_with_channel)
{
	int channel, ret;

	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	channel = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 0, NULL);
	ASSERT_LE(0, channel);
	ret = rt_destroy(self->s.c.name, 0, &self->error);
	RT_EXPECT_REASON(ret, &self->error, REMORA_R_CHANNELS_OPEN, EBUSY);
	EXPECT_EQ(0, rt_echo(channel, 10));
	EXPECT_EQ(0, rt_destroy(self->s.c.name, REMORA_FORCE, &self->error));
	RT_EXPECT_LEDGER_ZERO();
	EXPECT_GT(0, rt_echo(channel, 1));
	close(channel);
}

/* The same name again, while a file of the dead one is open. */
TEST_F(lifecycle, name_reused)
{
	int fd;

	ASSERT_EQ(0, rt_destroy(self->s.c.name, 0, NULL));
	ASSERT_EQ(0, rt_create(&self->s)) { TH_LOG("%s", self->s.c.error.message); }
	fd = rt_open(self->s.c.name, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(REMORA_OFFLINE, state(fd));
	EXPECT_EQ(~0u, state(self->fd));
	close(fd);
}

TEST_HARNESS_MAIN
