// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each way for a core to die on purpose: it is reported with what is known, the other core and
 * Linux carry on, a reset works, and destroy returns everything.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "harness.h"

FIXTURE(fault)
{
	struct rt_snapshot before;
	struct rt_spec s;
	struct rt_status st;
	unsigned int cores;
	int fd;
};

/*
 * vector: of the exception as the status reports it, or -1 where the core cannot say; said: a part
 * of the report on its console or NULL.
 */
FIXTURE_VARIANT(fault)
{
	unsigned int kind;
	int vector;
	const char *said;
};

#define FAULT(name_, kind_, vector_, said_)                                                        \
	FIXTURE_VARIANT_ADD(fault, name_)                                                          \
	{                                                                                          \
		.kind = REMORA_FAULT_##kind_, .vector = vector_, .said = said_,                    \
	}

FAULT(page, PAGE, 14, "rip");
FAULT(opcode, OPCODE, 6, "rip");
FAULT(double_fault, DOUBLE, 8, "rip");
FAULT(spin, SPIN, -1, NULL);
FAULT(scribble, SCRIBBLE, -1, NULL);
FAULT(stack, STACK, 14, "rip");
FAULT(text, TEXT, 14, "rip");
FAULT(exec, EXEC, 14, "rip");
FAULT(check, CHECK, 256, "+0x");

FIXTURE_SETUP(fault)
{
	__u32 cpus[RT_CPUS_ROOM];

	rt_sweep();
	ASSERT_EQ(0, rt_snapshot(&self->before));
	self->cores = rt_cpus(cpus, RT_CPUS_ROOM) > 1 ? 2 : 1;
	ASSERT_EQ(0, rt_begin(&self->s, "fault", 0, self->cores, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
}

FIXTURE_TEARDOWN(fault)
{
	close(self->fd);
	rt_sweep();
}

TEST_F_TIMEOUT(fault, reported_and_reclaimed, 90)
{
	const struct remora_core_status *c = &self->st.cores[0];
	struct remora_error error;

	ASSERT_EQ(0, rt_inject(self->fd, 1, variant->kind, &error)) { TH_LOG("%s", error.message); }
	ASSERT_EQ(0, rt_wait_state(self->fd, 1, REMORA_CRASHED, RT_PATIENT_MS));
	ASSERT_EQ(0, rt_status(self->fd, &self->st));
	EXPECT_EQ(REMORA_CRASHED, self->st.s.state);
	EXPECT_NE(0, c->crash_reason[0]);
	TH_LOG("%s (vector %u, rip %#llx)", c->crash_reason, c->crash_vector, c->crash_rip);
	if (variant->vector >= 0) {
		EXPECT_EQ((unsigned int)variant->vector, c->crash_vector);
		EXPECT_LE(0xffffffff80000000ull, variant->kind == REMORA_FAULT_EXEC ?
			  ~0ull : c->crash_rip);
	}
	if (variant->said)
		EXPECT_TRUE(rt_console_has(self->fd, 1, variant->said));
	if (self->cores > 1) {
		EXPECT_EQ(REMORA_RUNNING, self->st.cores[1].state);
		EXPECT_EQ(0, rt_ping(self->fd, 2, 100));
	}
	EXPECT_EQ(0, rt_cpu_works(0));

	ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_RESET, 0, &error)) { TH_LOG("%s", error.message); }
	EXPECT_EQ(0, rt_ping(self->fd, 1, 100));
	ASSERT_EQ(0, rt_status(self->fd, &self->st));
	EXPECT_EQ(REMORA_RUNNING, self->st.s.state);
	EXPECT_EQ(0, c->crash_reason[0]);

	ASSERT_EQ(0, rt_inject(self->fd, 1, variant->kind, NULL));
	ASSERT_EQ(0, rt_wait_state(self->fd, 1, REMORA_CRASHED, RT_PATIENT_MS));
	ASSERT_EQ(0, rt_destroy(self->s.c.name, 0, &error)) { TH_LOG("%s", error.message); }
	RT_EXPECT_LEDGER_ZERO();
	RT_EXPECT_AS_BEFORE(&self->before, 8192);
	for (unsigned int i = 0; i < self->cores; i++)
		EXPECT_EQ(0, rt_cpu_works(self->s.cpus[i]));
}

/* The page fault's address is reported. */
FIXTURE(report)
{
	struct rt_spec s;
	struct rt_status st;
	int fd;
};

FIXTURE_SETUP(report)
{
	rt_sweep();
	ASSERT_EQ(0, rt_begin(&self->s, "report", 0, 1, &self->fd))
	{
		TH_LOG("%s", self->s.c.error.message);
	}
}

FIXTURE_TEARDOWN(report)
{
	close(self->fd);
	rt_sweep();
}

TEST_F(report, registers_and_backtrace)
{
	static const char *const wanted[] = { "rip", "rsp", "rax", "cr2", "cr3", "+0x" };

	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_PAGE, NULL));
	ASSERT_EQ(0, rt_wait_state(self->fd, 1, REMORA_CRASHED, RT_PATIENT_MS));
	ASSERT_EQ(0, rt_status(self->fd, &self->st));
	EXPECT_NE(0, self->st.cores[0].crash_cr2);
	EXPECT_NE(0, self->st.cores[0].crash_rsp);
	for (unsigned int i = 0; i < ARRAY_SIZE(wanted); i++) {
		EXPECT_TRUE(rt_console_has(self->fd, 1, wanted[i]))
		{
			TH_LOG("no '%s' on the console", wanted[i]);
		}
	}
}

#define WATCH_MS "/sys/module/remora/parameters/watch_ms"

/* Told by the doorbell alone: the watch makes no rounds meanwhile. */
TEST_F(report, by_the_doorbell)
{
	struct pollfd p = { .fd = self->fd, .events = POLLPRI };
	char period[16];

	ASSERT_LT(0, rt_read_text(WATCH_MS, period, sizeof(period)));
	ASSERT_EQ(0, rt_write_text(WATCH_MS, "0"));
	EXPECT_EQ(0, rt_act(self->fd, REMORA_IOC_RESET, 0, NULL));
	EXPECT_EQ(0, rt_status(self->fd, &self->st));
	EXPECT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_OPCODE, NULL));
	EXPECT_EQ(1, poll(&p, 1, RT_PATIENT_MS));
	EXPECT_NE(0, p.revents & POLLPRI);
	ASSERT_EQ(0, rt_write_text(WATCH_MS, period));
}

/* Is @wanted one of the 0-terminated strings of an uevent? */
static bool event_has(const char *event, size_t bytes, const char *wanted)
{
	for (const char *at = event; at < event + bytes; at += strlen(at) + 1)
		if (!strcmp(at, wanted))
			return true;
	return false;
}

/* What udev hears of: the state of the partition, and which core it was. */
TEST_F(report, uevent)
{
	struct sockaddr_nl any = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int sock = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	struct pollfd p = { .fd = sock, .events = POLLIN };
	char event[4097], name[8 + REMORA_NAME_MAX];
	bool seen = false;

	ASSERT_LE(0, sock);
	ASSERT_EQ(0, bind(sock, (struct sockaddr *)&any, sizeof(any)));
	snprintf(name, sizeof(name), "NAME=%s", self->s.c.name);
	EXPECT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_OPCODE, NULL));
	while (!seen && poll(&p, 1, RT_PATIENT_MS) == 1) {
		ssize_t n = recv(sock, event, sizeof(event) - 1, 0);

		ASSERT_LT(0, n);
		event[n] = 0;
		seen = event_has(event, (size_t)n, name) &&
		       event_has(event, (size_t)n, "ACTION=change") &&
		       event_has(event, (size_t)n, "STATE=crashed") &&
		       event_has(event, (size_t)n, "CORE=1");
	}
	EXPECT_TRUE(seen);
	close(sock);
}

/* Ill-formed messages on all channels: each program sees a broken channel; the core and Linux live. */
TEST_F(report, rings)
{
	int ch = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 16, NULL);
	struct pollfd p = { .fd = ch, .events = POLLIN };
	struct remora_message m;

	ASSERT_LE(0, ch);
	ASSERT_EQ(0, rt_echo(ch, 3));
	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_RINGS, NULL));
	EXPECT_EQ(1, poll(&p, 1, RT_PATIENT_MS));
	EXPECT_EQ(-1, read(ch, &m, sizeof(m)));
	EXPECT_EQ(EPROTO, errno);
	EXPECT_EQ(-1, write(ch, memset(&m, 0, sizeof(m)), sizeof(m)));
	EXPECT_EQ(EPROTO, errno);
	close(ch);
	ASSERT_EQ(0, rt_status(self->fd, &self->st));
	EXPECT_EQ(REMORA_RUNNING, self->st.s.state);
	EXPECT_EQ(0, rt_ping(self->fd, 1, 20));
}

TEST_F(report, sysfs)
{
	char path[160], text[128];

	ASSERT_EQ(0, rt_inject(self->fd, 1, REMORA_FAULT_OPCODE, NULL));
	ASSERT_EQ(0, rt_wait_state(self->fd, 1, REMORA_CRASHED, RT_PATIENT_MS));
	snprintf(path, sizeof(path), "/sys/class/remora/remora-%s/state", self->s.c.name);
	ASSERT_LE(0, rt_read_text(path, text, sizeof(text)));
	EXPECT_STREQ("crashed", text);
	snprintf(path, sizeof(path), "/sys/class/remora/remora-%s/core1/state", self->s.c.name);
	ASSERT_LE(0, rt_read_text(path, text, sizeof(text)));
	EXPECT_STREQ("crashed", text);
}

TEST_HARNESS_MAIN
