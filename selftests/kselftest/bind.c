// SPDX-License-Identifier: GPL-2.0-only
/* Binding: every refusal of BIND, INJECT and PEER_PING. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include "harness.h"

FIXTURE(bind)
{
	struct rt_spec s;
	struct remora_error error;
	int fd;
};

FIXTURE_SETUP(bind)
{
	rt_sweep();
	ASSERT_EQ(0, rt_begin(&self->s, "bind", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
}

FIXTURE_TEARDOWN(bind)
{
	close(self->fd);
	rt_sweep();
}

#define EXPECT_BIND(node_, service_, flags_, slots_, reason_, errno_)                              \
	do {                                                                                       \
		int ret_b = rt_bind(self->fd, node_, service_, flags_, slots_, &self->error);      \
		RT_EXPECT_REASON(ret_b, &self->error, reason_, errno_);                               \
		if (ret_b >= 0)                                                                    \
			close(ret_b);                                                              \
		EXPECT_EQ(0, rt_ledger("channels"));                                               \
	} while (0)

TEST_F(bind, core_unknown)
{
	EXPECT_BIND(0, REMORA_SERVICE_ECHO, 0, 0, REMORA_R_CORE_UNKNOWN, ECHRNG);
	EXPECT_BIND(2, REMORA_SERVICE_ECHO, 0, 0, REMORA_R_CORE_UNKNOWN, ECHRNG);
	EXPECT_BIND(~0u, REMORA_SERVICE_ECHO, 0, 0, REMORA_R_CORE_UNKNOWN, ECHRNG);
	EXPECT_NE(NULL, strstr(self->error.message, "4294967295"));
}

TEST_F(bind, service_unknown)
{
	EXPECT_BIND(1, 0, 0, 0, REMORA_R_SERVICE_UNKNOWN, ENOENT);
	EXPECT_BIND(1, 4711, 0, 0, REMORA_R_SERVICE_UNKNOWN, ENOENT);
	EXPECT_NE(NULL, strstr(self->error.message, "4711"));
}

TEST_F(bind, slots_invalid)
{
	static const unsigned int bad[] = { 1, 2, 3, 5, 63, 65, 4097, 8192, 1u << 31, ~0u };

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_BIND(1, REMORA_SERVICE_ECHO, 0, bad[i], REMORA_R_SLOTS_INVALID, EINVAL);
}

TEST_F(bind, flags_unknown)
{
	EXPECT_BIND(1, REMORA_SERVICE_ECHO, 0x100, 0, REMORA_R_FLAGS_UNKNOWN, EINVAL);
}

TEST_F(bind, reserved_field)
{
	struct remora_bind b = { .size = sizeof(b), .node = 1, .service = 1, .reserved = 1 };

	EXPECT_EQ(-1, ioctl(self->fd, REMORA_IOC_BIND, &b));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(REMORA_R_RESERVED_FIELD, b.error.reason);
}

TEST_F(bind, not_running)
{
	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_STOP, 0, NULL));
	EXPECT_BIND(1, REMORA_SERVICE_ECHO, 0, 0, REMORA_R_PARTITION_DEAD, EHOSTDOWN);
}

TEST_F(bind, crashed)
{
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_OPCODE, NULL));
	ASSERT_EQ(0, rt_wait_state(self->fd, 1, REMORA_CRASHED, RT_PATIENT_MS));
	EXPECT_BIND(1, REMORA_SERVICE_ECHO, 0, 0, REMORA_R_CORE_DEAD, EHOSTDOWN);
	EXPECT_EQ(-EHOSTDOWN, rt_inject(self->fd, 1, REMORA_FAULT_OPCODE, &self->error));
}

/* Nobody answers: an error within the time a request may take, and all is undone. */
TEST_F(bind, no_answer)
{
	int ret;

	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_SPIN, NULL));
	ret = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 0, &self->error);
	EXPECT_TRUE((ret == -ETIMEDOUT && self->error.reason == REMORA_R_CORE_NO_ANSWER) ||
		    (ret == -EHOSTDOWN && self->error.reason == REMORA_R_CORE_DEAD))
	{
		TH_LOG("%d: %s", ret, self->error.message);
	}
}

TEST_F(bind, every_size)
{
	for (unsigned int slots = 4; slots <= 4096; slots *= 2) {
		int channel = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, slots, &self->error);

		ASSERT_LE(0, channel) { TH_LOG("%u slots: %s", slots, self->error.message); }
		EXPECT_EQ(0, rt_echo(channel, 2 * slots + 3));
		close(channel);
	}
	EXPECT_EQ(0, rt_ledger("channels"));
}

/* A core serves a limited number of channels; closing one makes room for one. */
TEST_F(bind, exhausted)
{
	int channel[256], n, ret = 0;

	for (n = 0; n < 256; n++) {
		ret = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 4, &self->error);
		if (ret < 0)
			break;
		channel[n] = ret;
	}
	RT_EXPECT_REASON(ret, &self->error, REMORA_R_CHANNELS_EXHAUSTED, ENOSPC);
	EXPECT_LE(16, n);
	EXPECT_EQ(n, rt_ledger("channels"));
	for (int i = 0; i < n; i++)
		EXPECT_EQ(0, rt_echo(channel[i], 3));
	close(channel[--n]);
	ret = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 4, &self->error);
	EXPECT_LE(0, ret) { TH_LOG("%s", self->error.message); }
	if (ret >= 0)
		channel[n++] = ret;
	while (n)
		close(channel[--n]);
	EXPECT_EQ(0, rt_ledger("channels"));
}

TEST_F(bind, cloexec)
{
	int with = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, REMORA_BIND_CLOEXEC, 0, NULL);
	int without = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 0, NULL);

	ASSERT_LE(0, with);
	ASSERT_LE(0, without);
	EXPECT_EQ(FD_CLOEXEC, fcntl(with, F_GETFD));
	EXPECT_EQ(0, fcntl(without, F_GETFD));
}

TEST_F(bind, faults_forbidden)
{
	struct remora_error error;
	struct rt_spec s;
	int fd, ret;

	close(self->fd);
	ASSERT_EQ(0, rt_destroy(self->s.c.name, 0, NULL));
	rt_spec_init(&s, "safe", 0, 1);
	s.c.flags = REMORA_CREATE_AUTOSTART;
	ASSERT_EQ(0, rt_create(&s)) { TH_LOG("%s", s.c.error.message); }
	fd = rt_open(s.c.name, O_RDWR);
	ret = rt_inject(fd, 1, REMORA_FAULT_OPCODE, &error);
	RT_EXPECT_REASON(ret, &error, REMORA_R_FAULTS_FORBIDDEN, EPERM);
	EXPECT_EQ(0, rt_ping(fd, 1, 3));
	self->fd = fd;
}

TEST_F(bind, fault_unknown)
{
	int ret = rt_inject(self->fd, 1, 0, &self->error);

	RT_EXPECT_REASON(ret, &self->error, REMORA_R_FAULT_UNKNOWN, EINVAL);
	ret = rt_inject(self->fd, 1, 99, &self->error);
	RT_EXPECT_REASON(ret, &self->error, REMORA_R_FAULT_UNKNOWN, EINVAL);
	ret = rt_inject(self->fd, 7, REMORA_FAULT_PAGE, &self->error);
	RT_EXPECT_REASON(ret, &self->error, REMORA_R_CORE_UNKNOWN, ECHRNG);
	EXPECT_EQ(0, rt_ping(self->fd, 1, 3));
}

static int peer_ping(int fd, struct remora_peer_ping *p, unsigned int node, unsigned int peer,
		     unsigned int count)
{
	*p = (struct remora_peer_ping){
		.size = sizeof(*p), .node = node, .peer = peer, .count = count,
	};
	return ioctl(fd, REMORA_IOC_PEER_PING, p) < 0 ? -errno : 0;
}

TEST_F(bind, peer_ping_refused)
{
	struct remora_peer_ping p;
	int ret;

	ret = peer_ping(self->fd, &p, 1, 1, 10);
	RT_EXPECT_REASON(ret, &p.error, REMORA_R_PEER_UNKNOWN, ECHRNG);
	ret = peer_ping(self->fd, &p, 1, 0, 10);
	RT_EXPECT_REASON(ret, &p.error, REMORA_R_PEER_UNKNOWN, ECHRNG);
	ret = peer_ping(self->fd, &p, 1, 60, 10);
	RT_EXPECT_REASON(ret, &p.error, REMORA_R_PEER_UNKNOWN, ECHRNG);
	ret = peer_ping(self->fd, &p, 5, 1, 10);
	RT_EXPECT_REASON(ret, &p.error, REMORA_R_CORE_UNKNOWN, ECHRNG);
}

TEST_F(bind, peer_ping)
{
	struct remora_peer_ping p;
	struct rt_spec s;
	int fd, ret;

	/* The fixture's partition has one more. */
	RT_SKIP_UNLESS_CPUS(2);
	ASSERT_EQ(0, rt_begin(&s, "pair", 0, 2, &fd)) { TH_LOG("%s", s.c.error.message); }
	ret = peer_ping(fd, &p, 1, 2, 0);
	RT_EXPECT_REASON(ret, &p.error, REMORA_R_COUNT_INVALID, EINVAL);
	ret = peer_ping(fd, &p, 1, 2, 1000001);
	RT_EXPECT_REASON(ret, &p.error, REMORA_R_COUNT_INVALID, EINVAL);
	ASSERT_EQ(0, peer_ping(fd, &p, 1, 2, 100)) { TH_LOG("%s", p.error.message); }
	EXPECT_LT(0, p.min);
	EXPECT_LE(p.min, p.median);
	EXPECT_LE(p.median, p.p99);
	EXPECT_LE(p.p99, p.max);
	ASSERT_EQ(0, peer_ping(fd, &p, 2, 1, 100)) { TH_LOG("%s", p.error.message); }
	close(fd);
}

TEST_HARNESS_MAIN
