// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ways to fail that all ioctls, or all of a kind, have in common: no memory behind the pointer, a
 * partition that is gone, wrong flags and reserved fields. With the other tests this meets every row
 * of errors.table.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include "harness.h"

FIXTURE(ways)
{
	struct rt_spec s;
	int control;
	int fd;
	int ch;
};

FIXTURE_SETUP(ways)
{
	rt_sweep();
	ASSERT_EQ(0, rt_begin(&self->s, "ways", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
	self->control = rt_control(O_RDWR);
	ASSERT_LE(0, self->control);
	self->ch = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 0, NULL);
	ASSERT_LE(0, self->ch);
}

FIXTURE_TEARDOWN(ways)
{
	close(self->ch);
	close(self->control);
	close(self->fd);
	rt_sweep();
}

static const unsigned long of_control[] = {
	REMORA_IOC_VERSION, REMORA_IOC_CREATE, REMORA_IOC_CHECK, REMORA_IOC_DESTROY, REMORA_IOC_LIST,
};
static const unsigned long of_device[] = {
	REMORA_IOC_START, REMORA_IOC_STOP, REMORA_IOC_RESET, REMORA_IOC_STATUS, REMORA_IOC_CONSOLE,
	REMORA_IOC_BIND, REMORA_IOC_INJECT, REMORA_IOC_PEER_PING, REMORA_IOC_SHOOTDOWN,
};

TEST_F(ways, no_memory_behind)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(of_control); i++) {
		EXPECT_EQ(-1, ioctl(self->control, of_control[i], rt_wild()));
		EXPECT_EQ(EFAULT, errno);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(of_device); i++) {
		EXPECT_EQ(-1, ioctl(self->fd, of_device[i], rt_wild()));
		EXPECT_EQ(EFAULT, errno);
	}
	EXPECT_EQ(-1, ioctl(self->ch, REMORA_IOC_CHANNEL, rt_wild()));
	EXPECT_EQ(EFAULT, errno);
}

TEST_F(ways, partition_gone)
{
	unsigned char structure[1024];

	ASSERT_EQ(0, rt_destroy(self->s.c.name, REMORA_FORCE, NULL));
	for (unsigned int i = 0; i < ARRAY_SIZE(of_device); i++) {
		memset(structure, 0, sizeof(structure));
		*(__u32 *)structure = _IOC_SIZE(of_device[i]);
		EXPECT_EQ(-1, ioctl(self->fd, of_device[i], structure));
		EXPECT_EQ(ENODEV, errno) { TH_LOG("ioctl %u", i); }
	}
	EXPECT_EQ(-1, ioctl(self->ch, REMORA_IOC_NOTIFY));
	EXPECT_EQ(EHOSTDOWN, errno);
}

static int act(int fd, unsigned long command, struct remora_act a, struct remora_error *e)
{
	int ret;

	a.size = sizeof(a);
	ret = ioctl(fd, command, &a) < 0 ? -errno : 0;
	*e = a.error;
	return ret;
}

TEST_F(ways, life_cycle_arguments)
{
	static const unsigned long acts[] = { REMORA_IOC_START, REMORA_IOC_STOP, REMORA_IOC_RESET };
	struct remora_error e;
	int reader = rt_open(self->s.c.name, O_RDONLY);

	ASSERT_LE(0, reader);
	for (unsigned int i = 0; i < ARRAY_SIZE(acts); i++) {
		RT_EXPECT_REASON(act(self->fd, acts[i], (struct remora_act){ .flags = 1u << 31 }, &e),
				 &e, REMORA_R_FLAGS_UNKNOWN, EINVAL);
		RT_EXPECT_REASON(act(self->fd, acts[i], (struct remora_act){ .reserved = 1 }, &e),
				 &e, REMORA_R_RESERVED_FIELD, EINVAL);
		RT_EXPECT_REASON(act(self->fd, acts[i], (struct remora_act){ .timeout_ms = 60001 },
				     &e), &e, REMORA_R_COUNT_INVALID, EINVAL);
		RT_EXPECT_REASON(act(reader, acts[i], (struct remora_act){ 0 }, &e), &e,
				 REMORA_R_PERMISSION, EPERM);
	}
	close(reader);
}

TEST_F(ways, reserved_of_inject)
{
	struct remora_inject i = { .size = sizeof(i), .node = 1, .kind = 1, .reserved = 1 };

	EXPECT_EQ(-1, ioctl(self->fd, REMORA_IOC_INJECT, &i));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(REMORA_R_RESERVED_FIELD, i.error.reason);
}

/* What create refuses is refused by check, too. */
TEST_F(ways, check_as_create)
{
	struct rt_spec s;

	rt_spec_init(&s, "ways", 0, 1);
	if (s.c.cpu_count)
		RT_EXPECT_REASON(rt_check(&s), &s.c.error, REMORA_R_NAME_EXISTS, EEXIST);
	rt_spec_init(&s, "ways2", 0, 1);
	if (!s.c.cpu_count)
		SKIP(return, "needs a second CPU");
	s.cpus[1] = s.cpus[0];
	s.c.cpu_count = 2;
	s.extents[0].bytes = 32 * RT_MIB;
	RT_EXPECT_REASON(rt_check(&s), &s.c.error, REMORA_R_CPU_DUPLICATE, EINVAL);
	s.c.cpu_count = 1;
	ASSERT_EQ(0, rt_cpu_online(s.cpus[0], false));
	RT_EXPECT_REASON(rt_check(&s), &s.c.error, REMORA_R_CPU_OFFLINE, ENXIO);
	ASSERT_EQ(0, rt_cpu_online(s.cpus[0], true));
}

TEST_HARNESS_MAIN
