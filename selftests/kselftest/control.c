// SPDX-License-Identifier: GPL-2.0-only
/* The control device: version, list, check, create, destroy. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include "harness.h"

FIXTURE(control)
{
	int fd;
};

FIXTURE_SETUP(control)
{
	rt_sweep();
	self->fd = rt_control(O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(control)
{
	rt_sweep();
	close(self->fd);
}

TEST_F(control, version)
{
	struct remora_version v = { .size = sizeof(v) };
	struct utsname name;

	ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_VERSION, &v));
	EXPECT_EQ(REMORA_UAPI_REVISION, v.uapi_revision);
	EXPECT_NE(0, v.abi_revision);
	EXPECT_NE(0, v.module[0]);
	ASSERT_EQ(0, uname(&name));
	EXPECT_STREQ(name.release, v.kernel);
}

TEST_F(control, version_counts_partitions)
{
	struct remora_version v = { .size = sizeof(v) };
	unsigned int before;
	struct rt_spec s;

	ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_VERSION, &v));
	before = v.partitions;
	rt_spec_init(&s, "one", 0, 1);
	ASSERT_EQ(0, rt_create(&s));
	ASSERT_EQ(0, ioctl(self->fd, REMORA_IOC_VERSION, &v));
	EXPECT_EQ(before + 1, v.partitions);
}

TEST_F(control, list)
{
	char names[64][REMORA_NAME_MAX];
	bool seen = false;
	struct rt_spec s;
	int before, n, i;

	before = rt_list(names, 64);
	ASSERT_LE(0, before);
	rt_spec_init(&s, "one", 0, 1);
	ASSERT_EQ(0, rt_create(&s)) { TH_LOG("%s", s.c.error.message); }
	n = rt_list(names, 64);
	ASSERT_EQ(before + 1, n);
	for (i = 0; i < n; i++)
		seen |= !strcmp(names[i], s.c.name);
	EXPECT_TRUE(seen);
}

/* With too little room the count tells how much there would be, and nothing more is written. */
TEST_F(control, list_without_room)
{
	char names[2][REMORA_NAME_MAX];
	struct rt_spec s;
	int n;

	rt_spec_init(&s, "one", 0, 1);
	ASSERT_EQ(0, rt_create(&s));
	memset(names, 0x5a, sizeof(names));
	n = rt_list(names, 0);
	EXPECT_LE(1, n);
	EXPECT_EQ(0x5a, names[0][0]);
}

TEST_F(control, list_bad_pointer)
{
	struct remora_list l = { .size = sizeof(l), .count = 4, .names = 8 };
	struct rt_spec s;

	rt_spec_init(&s, "one", 0, 1);
	ASSERT_EQ(0, rt_create(&s));
	EXPECT_EQ(-1, ioctl(self->fd, REMORA_IOC_LIST, &l));
	EXPECT_EQ(EFAULT, errno);
}

/* CHECK predicts, and touches nothing. */
TEST_F(control, check_touches_nothing)
{
	struct rt_snapshot before;
	struct rt_spec s;

	ASSERT_EQ(0, rt_snapshot(&before));
	rt_spec_init(&s, "one", 0, 1);
	ASSERT_EQ(0, rt_check(&s)) { TH_LOG("%s", s.c.error.message); }
	RT_EXPECT_LEDGER_ZERO();
	RT_EXPECT_AS_BEFORE(&before, 4096);
	EXPECT_EQ(-ENOENT, rt_open(s.c.name, O_RDWR));
}

TEST_F(control, create_takes_cpus_destroy_returns_them)
{
	struct rt_snapshot before;
	char path[96], online[256];
	struct rt_spec s;

	ASSERT_EQ(0, rt_snapshot(&before));
	rt_spec_init(&s, "one", 0, 1);
	ASSERT_EQ(0, rt_create(&s)) { TH_LOG("%s", s.c.error.message); }
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", s.cpus[0]);
	EXPECT_EQ(0, rt_read_long(path));
	EXPECT_EQ(1, rt_ledger("cpus"));
	EXPECT_EQ((long)(s.extents[0].bytes / 4096), rt_ledger("pages"));
	EXPECT_EQ(1, rt_ledger("partitions"));
	ASSERT_EQ(0, rt_destroy(s.c.name, 0, NULL));
	RT_EXPECT_LEDGER_ZERO();
	ASSERT_LE(0, rt_read_text("/sys/devices/system/cpu/online", online, sizeof(online)));
	EXPECT_STREQ(before.online, online);
	EXPECT_EQ(0, rt_cpu_works(s.cpus[0]));
}

TEST_F(control, autostart)
{
	struct rt_spec s;
	int fd;

	rt_spec_init(&s, "auto", 0, 1);
	s.c.flags = REMORA_CREATE_AUTOSTART;
	ASSERT_EQ(0, rt_create(&s)) { TH_LOG("%s", s.c.error.message); }
	fd = rt_open(s.c.name, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, rt_wait_state(fd, 0, REMORA_RUNNING, 0));
	EXPECT_EQ(0, rt_ping(fd, 1, 10));
	close(fd);
}

TEST_F(control, unknown_ioctl)
{
	char buffer[512] = { 0 };

	EXPECT_EQ(-1, ioctl(self->fd, _IOWR(REMORA_IOC_MAGIC, 0x7f, char[64]), buffer));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(-1, ioctl(self->fd, REMORA_IOC_START, buffer));
	EXPECT_EQ(ENOTTY, errno);
}

TEST_F(control, null_pointer)
{
	EXPECT_EQ(-1, ioctl(self->fd, REMORA_IOC_VERSION, NULL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(self->fd, REMORA_IOC_CREATE, NULL));
	EXPECT_EQ(EFAULT, errno);
}

TEST_HARNESS_MAIN
