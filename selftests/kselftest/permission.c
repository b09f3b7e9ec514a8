// SPDX-License-Identifier: GPL-2.0-only
/* Who may do what: capabilities, file modes, files open for reading only. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "harness.h"

#define NOBODY 65534

FIXTURE(permission)
{
	struct rt_spec s;
	int fd;
};

FIXTURE_SETUP(permission)
{
	rt_sweep();
	ASSERT_EQ(0, rt_begin(&self->s, "perm", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
}

FIXTURE_TEARDOWN(permission)
{
	close(self->fd);
	rt_sweep();
}

static int drop_capability(int capability)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d))
		return -errno;
	d[capability / 32].effective &= ~(1u << capability % 32);
	d[capability / 32].permitted &= ~(1u << capability % 32);
	return syscall(SYS_capset, &h, d) ? -errno : 0;
}

/* Runs @what(fd) in a child that is no longer root; its result, which must be in 0..255. */
static int as_nobody(int (*what)(int fd), int fd)
{
	pid_t child = fork();
	int status;

	if (!child) {
		if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
		    setresuid(NOBODY, NOBODY, NOBODY))
			_exit(255);
		_exit(what(fd));
	}
	if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

TEST_F(permission, without_sys_admin)
{
	struct remora_error e;
	struct rt_status st;
	struct rt_spec s;
	int ret;

	rt_spec_init(&s, "other", 0, 1);
	ASSERT_EQ(0, drop_capability(CAP_SYS_ADMIN));
	EXPECT_EQ(-EPERM, rt_create(&s));
	EXPECT_EQ(REMORA_R_PERMISSION, s.c.error.reason);
	EXPECT_EQ(-EPERM, rt_check(&s));
	EXPECT_EQ(-EPERM, rt_destroy(self->s.c.name, 0, &e));
	EXPECT_EQ(REMORA_R_PERMISSION, e.reason);
	ret = rt_act(self->fd, REMORA_IOC_STOP, 0, &e);
	RT_EXPECT_REASON(ret, &e, REMORA_R_PERMISSION, EPERM);
	ret = rt_act(self->fd, REMORA_IOC_RESET, 0, &e);
	RT_EXPECT_REASON(ret, &e, REMORA_R_PERMISSION, EPERM);
	ret = rt_inject(self->fd, 1, REMORA_FAULT_OPCODE, &e);
	RT_EXPECT_REASON(ret, &e, REMORA_R_PERMISSION, EPERM);
	/* What the file's mode alone decides. */
	EXPECT_EQ(0, rt_status(self->fd, &st));
	EXPECT_EQ(REMORA_RUNNING, st.s.state);
	EXPECT_EQ(0, rt_ping(self->fd, 1, 5));
}

TEST_F(permission, read_only_files)
{
	int control = rt_control(O_RDONLY), fd = rt_open(self->s.c.name, O_RDONLY);
	struct remora_version v = { .size = sizeof(v) };
	struct remora_error e;
	struct rt_spec s;
	int ret;

	ASSERT_LE(0, control);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, ioctl(control, REMORA_IOC_VERSION, &v));
	rt_spec_init(&s, "other", 0, 1);
	EXPECT_EQ(-1, ioctl(control, REMORA_IOC_CREATE, &s.c));
	EXPECT_EQ(EPERM, errno);
	ret = rt_act(fd, REMORA_IOC_STOP, 0, &e);
	RT_EXPECT_REASON(ret, &e, REMORA_R_PERMISSION, EPERM);
	close(control);
	close(fd);
}

static int opens_nothing(int fd)
{
	char names[4][REMORA_NAME_MAX];

	return rt_control(O_RDONLY) == -EACCES && rt_control(O_RDWR) == -EACCES &&
	       rt_list(names, 4) == -EACCES && rt_open("kst-perm", O_RDONLY) == -EACCES ? 0 : 1;
}

/* The devices' modes keep others out. */
TEST_F(permission, other_user_opens_nothing)
{
	EXPECT_EQ(0, as_nobody(opens_nothing, self->fd));
}

static int uses_device(int fd)
{
	struct remora_error e;

	if (rt_ping(fd, 1, 5))
		return 1;
	if (rt_act(fd, REMORA_IOC_STOP, 0, &e) != -EPERM || e.reason != REMORA_R_PERMISSION)
		return 2;
	return rt_inject(fd, 1, REMORA_FAULT_OPCODE, &e) == -EPERM ? 0 : 3;
}

/* A user who was given the device talks to the partition, and does not manage it. */
TEST_F(permission, other_user_talks)
{
	EXPECT_EQ(0, as_nobody(uses_device, self->fd));
}

static int reaches_through_proc(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDWR) < 0 && errno == EACCES ? 0 : 1;
}

TEST_F(permission, not_reopened)
{
	EXPECT_EQ(0, as_nobody(reaches_through_proc, self->fd));
}

TEST_F(permission, modes)
{
	char path[96];
	struct stat st;

	ASSERT_EQ(0, stat(RT_CONTROL, &st));
	EXPECT_EQ(0, st.st_mode & 0077);
	snprintf(path, sizeof(path), "/dev/remora-%s", self->s.c.name);
	ASSERT_EQ(0, stat(path, &st));
	EXPECT_EQ(0, st.st_mode & 0007);
	EXPECT_EQ(0, (int)st.st_uid);
}

TEST_HARNESS_MAIN
