// SPDX-License-Identifier: GPL-2.0-only
/* The size rule of every structure: smaller than the first published one, larger, with news or not. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include "harness.h"

FIXTURE(size)
{
	struct rt_spec s;
	int control;
	int fd;
	int ch;
	int names;
	int offer;
};

enum which { CONTROL, DEVICE, CHANNEL, NAMES, OFFER };

FIXTURE_VARIANT(size)
{
	unsigned long command;
	unsigned int bytes;
	unsigned int first; /* bytes when it was published first */
	enum which which;
	long error; /* offset of the structure's struct remora_error, or -1 */
};

#define SIZE(name_, command_, type_, which_, error_)                                               \
	GROWN(name_, command_, type_, sizeof(type_), which_, error_)
#define GROWN(name_, command_, type_, first_, which_, error_)                                      \
	FIXTURE_VARIANT_ADD(size, name_)                                                           \
	{                                                                                          \
		.command = command_, .bytes = sizeof(type_), .first = first_, .which = which_,      \
		.error = error_,                                                                   \
	}
#define ERROR(type_) ((long)offsetof(type_, error))

SIZE(version, REMORA_IOC_VERSION, struct remora_version, CONTROL, -1);
SIZE(create, REMORA_IOC_CREATE, struct remora_create, CONTROL, ERROR(struct remora_create));
SIZE(check, REMORA_IOC_CHECK, struct remora_create, CONTROL, ERROR(struct remora_create));
SIZE(destroy, REMORA_IOC_DESTROY, struct remora_name, CONTROL, ERROR(struct remora_name));
SIZE(list, REMORA_IOC_LIST, struct remora_list, CONTROL, -1);
SIZE(start, REMORA_IOC_START, struct remora_act, DEVICE, ERROR(struct remora_act));
SIZE(stop, REMORA_IOC_STOP, struct remora_act, DEVICE, ERROR(struct remora_act));
SIZE(reset, REMORA_IOC_RESET, struct remora_act, DEVICE, ERROR(struct remora_act));
SIZE(status, REMORA_IOC_STATUS, struct remora_status, DEVICE, -1);
SIZE(console, REMORA_IOC_CONSOLE, struct remora_console, DEVICE, -1);
SIZE(bind, REMORA_IOC_BIND, struct remora_bind, DEVICE, ERROR(struct remora_bind));
SIZE(inject, REMORA_IOC_INJECT, struct remora_inject, DEVICE, ERROR(struct remora_inject));
SIZE(peer_ping, REMORA_IOC_PEER_PING, struct remora_peer_ping, DEVICE,
     ERROR(struct remora_peer_ping));
SIZE(shootdown, REMORA_IOC_SHOOTDOWN, struct remora_shootdown, DEVICE,
     ERROR(struct remora_shootdown));
SIZE(add_cpu, REMORA_IOC_ADD_CPU, struct remora_add_cpu, DEVICE, ERROR(struct remora_add_cpu));
SIZE(remove_cpu, REMORA_IOC_REMOVE_CPU, struct remora_remove_cpu, DEVICE,
     ERROR(struct remora_remove_cpu));
SIZE(memory_add, REMORA_IOC_MEMORY_ADD, struct remora_memory_add, DEVICE,
     ERROR(struct remora_memory_add));
SIZE(memory_remove, REMORA_IOC_MEMORY_REMOVE, struct remora_memory_remove, DEVICE,
     ERROR(struct remora_memory_remove));
SIZE(names, REMORA_IOC_NAMES, struct remora_names_open, DEVICE, ERROR(struct remora_names_open));
SIZE(names_ask, REMORA_IOC_NAMES_ASK, struct remora_names_ask, NAMES, ERROR(struct remora_names_ask));
SIZE(names_list, REMORA_IOC_NAMES_LIST, struct remora_names_list, NAMES,
     ERROR(struct remora_names_list));
SIZE(names_watch, REMORA_IOC_NAMES_WATCH, struct remora_names_watch, NAMES,
     ERROR(struct remora_names_watch));
SIZE(names_connect, REMORA_IOC_NAMES_CONNECT, struct remora_names_connect, NAMES,
     ERROR(struct remora_names_connect));
SIZE(names_offer, REMORA_IOC_NAMES_OFFER, struct remora_names_offer, NAMES,
     ERROR(struct remora_names_offer));
SIZE(offer_accept, REMORA_IOC_OFFER_ACCEPT, struct remora_offer_accept, OFFER,
     ERROR(struct remora_offer_accept));
SIZE(offer_refuse, REMORA_IOC_OFFER_REFUSE, struct remora_offer_refuse, OFFER,
     ERROR(struct remora_offer_refuse));
GROWN(channel, REMORA_IOC_CHANNEL, struct remora_channel, offsetof(struct remora_channel, tx_numa),
      CHANNEL, -1);

/* The partition of the test before, where that left it running: nothing that is tested here needs a fresh one. */
static int begin(struct rt_spec *s)
{
	struct rt_status now;
	int fd;

	rt_spec_init(s, "size", 0, 1);
	fd = rt_open(s->c.name, O_RDWR);
	if (fd >= 0 && !rt_status(fd, &now) && now.s.state == REMORA_RUNNING &&
	    now.s.core_count == 1 && now.cores[0].state == REMORA_RUNNING)
		return fd;
	if (fd >= 0)
		close(fd);
	rt_sweep();
	return rt_begin(s, "size", 0, 1, &fd) ? -1 : fd;
}

FIXTURE_SETUP(size)
{
	struct remora_names_open names = { .size = sizeof(names) };
	struct remora_names_offer offer = { .size = sizeof(offer), .name = "sizes" };

	self->fd = begin(&self->s);
	ASSERT_LE(0, self->fd)
	{
		TH_LOG("%s", self->s.c.error.message);
	}
	self->ch = rt_bind(self->fd, 1, REMORA_SERVICE_ECHO, 0, 0, NULL);
	self->control = rt_control(O_RDWR);
	self->names = ioctl(self->fd, REMORA_IOC_NAMES, &names);
	ASSERT_LE(0, self->ch);
	ASSERT_LE(0, self->control);
	ASSERT_LE(0, self->names);
	self->offer = ioctl(self->names, REMORA_IOC_NAMES_OFFER, &offer);
	ASSERT_LE(0, self->offer);
}

FIXTURE_TEARDOWN(size)
{
	close(self->control);
	close(self->offer);
	close(self->names);
	close(self->ch);
	close(self->fd);
}

static int target(const FIXTURE_DATA(size) *self, enum which which)
{
	switch (which) {
	case CONTROL: return self->control;
	case DEVICE: return self->fd;
	case NAMES: return self->names;
	case OFFER: return self->offer;
	default: return self->ch;
	}
}

static int try(int fd, unsigned long command, void *buffer, __u32 size)
{
	memcpy(buffer, &size, sizeof(size));
	return ioctl(fd, command, buffer) < 0 ? -errno : 0;
}

/* All structures begin with their size; all zero otherwise they are harmless requests. */
TEST_F(size, rule)
{
	int fd = target(self, variant->which);
	unsigned char buffer[8192];
	struct remora_error e;
	unsigned int size;

	for (size = 0; size < variant->first; size += 4) {
		memset(buffer, 0, sizeof(buffer));
		EXPECT_EQ(-EINVAL, try(fd, variant->command, buffer, size))
		{
			TH_LOG("size %u", size);
		}
	}
	/* Longer, and what this module does not know is not zero. */
	memset(buffer, 0, sizeof(buffer));
	buffer[variant->bytes + 4] = 1;
	EXPECT_EQ(-E2BIG, try(fd, variant->command, buffer, variant->bytes + 8));
	if (variant->error >= 0) {
		memcpy(&e, buffer + variant->error, sizeof(e));
		EXPECT_EQ(REMORA_R_SIZE_UNKNOWN, e.reason);
		EXPECT_NE(0, e.message[0]);
	}
	memset(buffer, 0, sizeof(buffer));
	EXPECT_EQ(-E2BIG, try(fd, variant->command, buffer, 1u << 30));
}

/* As an older program has it: the same request, and nothing is written past its end. */
TEST_F(size, older)
{
	int fd = target(self, variant->which);
	unsigned char buffer[8192];

	if (variant->first == variant->bytes)
		SKIP(return, "it never grew");
	for (unsigned int size = variant->first; size < variant->bytes; size += 4) {
		memset(buffer, 0, size);
		memset(buffer + size, 0xee, sizeof(buffer) - size);
		EXPECT_EQ(0, try(fd, variant->command, buffer, size)) { TH_LOG("size %u", size); }
		for (unsigned int i = size; i < variant->bytes + 64; i++)
			EXPECT_EQ(0xee, buffer[i]);
	}
}

/* Longer with zeros behind is the same request: the answer is not about the size. */
TEST_F(size, longer_with_zeros)
{
	int fd = target(self, variant->which), plain, longer;
	unsigned char buffer[8192];

	memset(buffer, 0, sizeof(buffer));
	plain = try(fd, variant->command, buffer, variant->bytes);
	if (variant->command == REMORA_IOC_STOP)
		ASSERT_EQ(0, rt_act(self->fd, REMORA_IOC_START, 0, NULL));
	memset(buffer, 0, sizeof(buffer));
	longer = try(fd, variant->command, buffer, variant->bytes + 64);
	EXPECT_EQ(plain, longer);
	for (unsigned int i = variant->bytes; i < variant->bytes + 64; i++)
		EXPECT_EQ(0, buffer[i]);
}

/* Fixtures run in the order of this file: this is the last test. */
FIXTURE(after)
{
};

FIXTURE_SETUP(after)
{
	rt_sweep();
}

FIXTURE_TEARDOWN(after)
{
}

TEST_F(after, nothing_is_left)
{
	RT_EXPECT_LEDGER_ZERO();
}

TEST_HARNESS_MAIN
