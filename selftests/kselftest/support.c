// SPDX-License-Identifier: GPL-2.0-only
/* Partitions by raw ioctls. Linux seen from outside is in outside.c. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "support.h"

static int call(int fd, unsigned long command, void *arg)
{
	int ret = ioctl(fd, command, arg);

	return ret < 0 ? -errno : ret;
}

static int call_control(unsigned long command, void *arg)
{
	int fd = rt_control(O_RDWR), ret;

	if (fd < 0)
		return fd;
	ret = call(fd, command, arg);
	close(fd);
	return ret;
}

const char *rt_ready(void)
{
	char names[64][REMORA_NAME_MAX];
	__u32 cpus[RT_CPUS_ROOM];
	int count, i;

	if (access(RT_CONTROL, F_OK))
		return "no " RT_CONTROL ": the module is not loaded";
	if (geteuid())
		return "needs root";
	if (access(RT_FIRMWARE, R_OK))
		return "no " RT_FIRMWARE ": the CPU driver is not installed";
	if (!rt_cpus(cpus, RT_CPUS_ROOM))
		return "no CPU but CPU 0 can be taken";
	count = rt_list(names, 64);
	for (i = 0; i < count && i < 64; i++)
		if (strncmp(names[i], RT_PREFIX, strlen(RT_PREFIX)))
			return "there are partitions; the tests want the module to themselves";
	return NULL;
}

void rt_spec_init(struct rt_spec *s, const char *name, unsigned int skip, unsigned int cores)
{
	__u32 cpus[RT_CPUS_ROOM];
	unsigned int have = rt_cpus(cpus, RT_CPUS_ROOM), i;

	memset(s, 0, sizeof(*s));
	s->c.size = sizeof(s->c);
	snprintf(s->c.name, sizeof(s->c.name), "%s%s", RT_PREFIX, name);
	for (i = 0; i < cores && skip + i < have && i < REMORA_CPUS_MAX; i++)
		s->cpus[i] = cpus[skip + i];
	s->c.cpus = (__u64)(unsigned long)s->cpus;
	s->c.cpu_count = i;
	s->extents[0] = (struct remora_extent){
		.bytes = (8 + 8 * cores) * RT_MIB,
		.node = -1,
		.source = REMORA_MEMORY_CONTIGUOUS,
	};
	s->c.extents = (__u64)(unsigned long)s->extents;
	s->c.extent_count = 1;
	s->c.image_fd = -1;
}

int rt_control(int flags)
{
	int fd = open(RT_CONTROL, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int rt_create(struct rt_spec *s)
{
	return call_control(REMORA_IOC_CREATE, &s->c);
}

int rt_check(struct rt_spec *s)
{
	return call_control(REMORA_IOC_CHECK, &s->c);
}

int rt_open(const char *name, int flags)
{
	char path[64 + REMORA_NAME_MAX];
	int fd;

	snprintf(path, sizeof(path), "/dev/remora-%s", name);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int rt_destroy(const char *name, unsigned int flags, struct remora_error *err)
{
	struct remora_name n = { .size = sizeof(n), .flags = flags };
	int ret;

	snprintf(n.name, sizeof(n.name), "%s", name);
	ret = call_control(REMORA_IOC_DESTROY, &n);
	if (err)
		*err = n.error;
	return ret;
}

int rt_act(int fd, unsigned long command, unsigned int flags, struct remora_error *err)
{
	struct remora_act a = { .size = sizeof(a), .flags = flags };
	int ret = call(fd, command, &a);

	if (err)
		*err = a.error;
	return ret;
}

int rt_stop(int fd, unsigned int flags, unsigned int timeout_ms, struct remora_error *err)
{
	struct remora_act a = { .size = sizeof(a), .flags = flags, .timeout_ms = timeout_ms };
	int ret = call(fd, REMORA_IOC_STOP, &a);

	if (err)
		*err = a.error;
	return ret;
}

int rt_status(int fd, struct rt_status *s)
{
	memset(s, 0, sizeof(*s));
	s->s.size = sizeof(s->s);
	s->s.core_room = REMORA_CPUS_MAX;
	s->s.core_size = sizeof(s->cores[0]);
	s->s.extent_room = REMORA_EXTENTS_MAX * 2;
	s->s.cores = (__u64)(unsigned long)s->cores;
	s->s.extents = (__u64)(unsigned long)s->extents;
	return call(fd, REMORA_IOC_STATUS, &s->s);
}

int rt_bind(int fd, unsigned int node, unsigned int service, unsigned int flags,
	    unsigned int slots, struct remora_error *err)
{
	struct remora_bind b = {
		.size = sizeof(b), .flags = flags, .node = node, .service = service, .slots = slots,
	};
	int ret = call(fd, REMORA_IOC_BIND, &b);

	if (err)
		*err = b.error;
	return ret;
}

int rt_inject(int fd, unsigned int node, unsigned int kind, struct remora_error *err)
{
	struct remora_inject i = { .size = sizeof(i), .node = node, .kind = kind };
	int ret = call(fd, REMORA_IOC_INJECT, &i);

	if (err)
		*err = i.error;
	return ret;
}

int rt_list(char names[][REMORA_NAME_MAX], unsigned int room)
{
	struct remora_list l = {
		.size = sizeof(l), .count = room, .names = (__u64)(unsigned long)names,
	};
	int ret = call_control(REMORA_IOC_LIST, &l);

	return ret < 0 ? ret : (int)l.count;
}

int rt_begin(struct rt_spec *s, const char *name, unsigned int skip, unsigned int cores, int *fd)
{
	int ret;

	rt_spec_init(s, name, skip, cores);
	s->c.flags = REMORA_CREATE_FAULTS;
	ret = rt_create(s);
	if (ret < 0)
		return ret;
	*fd = rt_open(s->c.name, O_RDWR);
	if (*fd < 0)
		return *fd;
	return rt_act(*fd, REMORA_IOC_START, 0, &s->c.error);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static unsigned int state_of(const struct rt_status *s, unsigned int node)
{
	unsigned int i;

	if (!node)
		return s->s.state;
	for (i = 0; i < s->s.core_count && i < REMORA_CPUS_MAX; i++)
		if (s->cores[i].node == node)
			return s->cores[i].state;
	return ~0u;
}

int rt_wait_state(int fd, unsigned int node, unsigned int state, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLPRI };
	long end = now_ms() + timeout_ms;
	struct rt_status s;
	int ret;

	for (;;) {
		ret = rt_status(fd, &s);
		if (ret < 0)
			return ret;
		if (state_of(&s, node) == state)
			return 0;
		if (now_ms() >= end)
			return -ETIMEDOUT;
		/* A state that never changes again ends here; POLLERR may be level-triggered. */
		if (poll(&p, 1, (int)(end - now_ms())) < 0)
			return -errno;
		if (!(p.revents & POLLPRI))
			usleep(2000);
	}
}

int rt_wait_members(const char *name, unsigned int cores)
{
	char path[128], text[128], members[32];
	const char *list;

	snprintf(path, sizeof(path), "/sys/class/remora/remora-%s/view", name);
	snprintf(members, sizeof(members), " 0-%u", cores);
	for (int i = 0; i < RT_PATIENT_MS / 20; i++) {
		if (rt_read_text(path, text, sizeof(text)) < 0)
			return -ENOENT;
		list = strchr(text, ' ');
		if (list && !strcmp(list, members))
			return 0;
		usleep(20000);
	}
	return -ETIMEDOUT;
}

int rt_echo(int channel, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct remora_message out = { .type = (__u16)i, .length = 56 }, in;

		memset(out.payload, (int)(i * 7 + 1), sizeof(out.payload));
		out.length = (__u16)(i % 57);
		memset((char *)out.payload + out.length, 0, sizeof(out.payload) - out.length);
		if (write(channel, &out, sizeof(out)) != sizeof(out))
			return errno ? -errno : -EIO;
		memset(&in, 0xff, sizeof(in));
		if (read(channel, &in, sizeof(in)) != sizeof(in))
			return errno ? -errno : -EIO;
		if (memcmp(&in, &out, sizeof(in)))
			return -EBADMSG;
	}
	return 0;
}

int rt_ping(int fd, unsigned int node, unsigned int count)
{
	int channel = rt_bind(fd, node, REMORA_SERVICE_ECHO, REMORA_BIND_CLOEXEC, 0, NULL), ret;

	if (channel < 0)
		return channel;
	ret = rt_echo(channel, count);
	close(channel);
	return ret;
}

bool rt_console_has(int fd, unsigned int node, const char *text)
{
	struct remora_console_line lines[16];
	struct remora_console c = {
		.size = sizeof(c), .node = node, .next = 1,
		.lines = (__u64)(unsigned long)lines,
	};
	unsigned int i;

	do {
		c.count = 16;
		if (call(fd, REMORA_IOC_CONSOLE, &c) < 0)
			return false;
		for (i = 0; i < c.count; i++)
			if (memmem(lines[i].text, lines[i].length, text, strlen(text)))
				return true;
	} while (c.count);
	return false;
}

int rt_console_wait(int fd, unsigned int node, const char *text, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	long end = now_ms() + timeout_ms;

	while (!rt_console_has(fd, node, text)) {
		if (now_ms() >= end)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)(end - now_ms())) < 0)
			return -errno;
	}
	return 0;
}

void rt_sweep(void)
{
	char names[64][REMORA_NAME_MAX];
	int count = rt_list(names, 64), i;

	for (i = 0; i < count && i < 64; i++)
		if (!strncmp(names[i], RT_PREFIX, strlen(RT_PREFIX)))
			rt_destroy(names[i], REMORA_FORCE, NULL);
}

/* The harness's own main(), see harness.h. */
int rt_harness_main(int argc, char **argv);

int main(int argc, char **argv)
{
	const char *why = rt_ready();

	if (why) {
		printf("TAP version 13\n1..0 # SKIP %s\n", why);
		return 4; /* KSFT_SKIP */
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	return rt_harness_main(argc, argv);
}
