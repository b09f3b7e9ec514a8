/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of channels between programs of Linux and of cores share: the pair program, raw ioctls. */
#ifndef RT_PAIRING_H
#define RT_PAIRING_H

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mapped.h"
#include "naming.h"

/* The tests define PARTITION, the name of theirs. */
#define PROGRAM "/usr/lib/remora/programs/remora/pair"
#define INTERFACE 77u
#define ECHO 1
#define END 3
#define SOON_MS 10000

/** struct job - a program on a core: the command that runs it, and what it says */
struct job {
	pid_t pid;
	char out[64];
};

static inline int job_begin(struct job *j, const char *core, const char *verb, const char *name,
		     const char *option, const char *value)
{
	static int number;

	snprintf(j->out, sizeof(j->out), "/tmp/pairing.%d.%d", getpid(), ++number);
	j->pid = fork();
	if (j->pid)
		return j->pid < 0 ? -errno : 0;
	int fd = open(j->out, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	dup2(fd, 1);
	dup2(fd, 2);
	close(0);
	open("/dev/null", O_RDONLY);
	execlp("remora", "remora", "run", PARTITION, "--core", core, PROGRAM, verb, name, option, value,
	       NULL);
	_exit(127);
}

/* Until it has said that, or half a minute is over. */
static inline bool job_says(const struct job *j, const char *what)
{
	long end = rt_ms() + 30000;
	char text[4096];

	do {
		if (rt_read_text(j->out, text, sizeof(text)) >= 0 && strstr(text, what))
			return true;
		usleep(20000);
	} while (rt_ms() < end);
	printf("# expected \"%s\", said: %s\n", what, text);
	return false;
}

/* The last of what it said. */
static inline void job_show(const struct job *j)
{
	char text[64 << 10];
	ssize_t bytes = rt_read_text(j->out, text, sizeof(text));

	fflush(stdout);
	if (system("remora status " PARTITION "; remora console " PARTITION " --core 1 | tail -n 20"))
		printf("# no console\n");
	printf("# said: %s\n", bytes > 400 ? text + bytes - 400 : bytes >= 0 ? text : "nothing");
}

/* Its exit status. */
static inline int job_end(struct job *j)
{
	int status = -1;

	waitpid(j->pid, &status, 0);
	unlink(j->out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* End the program itself. */
static inline void job_kill(void)
{
	int rc = system("remora kill " PARTITION
			" $(remora ps " PARTITION " | awk '/pair/ && $1 ~ /:/ { print $1; exit }') >/dev/null");

	(void)rc;
}

/* A descriptor, or -errno; none is left to the programs' commands. */
static inline int connect_all(int names, struct remora_names_connect *c, const char *name, unsigned int flags,
		       int ms)
{
	struct remora_names_connect request = {
		.size = sizeof(request),
		.flags = flags | REMORA_BIND_CLOEXEC,
		.timeout_ms = ms,
		.interface = c->interface ?: INTERFACE,
		.version = c->version ?: 1,
		.slots = c->slots,
		.reserved = c->reserved,
	};
	int fd;

	strncpy(request.name, name, sizeof(request.name) - 1);
	fd = ioctl(names, REMORA_IOC_NAMES_CONNECT, &request);
	*c = request;
	return fd < 0 ? -errno : fd;
}

/* How it was refused. */
static inline unsigned int refused(int names, const char *name, unsigned int flags, int ms, unsigned int *detail)
{
	struct remora_names_connect c = { 0 };
	int fd = connect_all(names, &c, name, flags, ms);

	if (fd >= 0)
		close(fd);
	if (detail)
		*detail = c.detail;
	return fd >= 0 ? 0 : c.error.reason;
}

static inline int offer(int names, const char *name, struct remora_error *e)
{
	struct remora_names_offer o = { .size = sizeof(o), .flags = REMORA_NAMES_CLOEXEC,
					.interface = INTERFACE, .version = 1 };
	int fd;

	strcpy(o.name, name);
	fd = ioctl(names, REMORA_IOC_NAMES_OFFER, &o);
	if (e)
		*e = o.error;
	return fd < 0 ? -errno : fd;
}

static inline int accept_all(int offer_fd, unsigned int flags, int ms, struct remora_offer_accept *a)
{
	int fd;

	*a = (struct remora_offer_accept){ .size = sizeof(*a), .flags = flags | REMORA_BIND_CLOEXEC,
					   .timeout_ms = ms };
	fd = ioctl(offer_fd, REMORA_IOC_OFFER_ACCEPT, a);
	return fd < 0 ? -errno : fd;
}

/* Echo on a channel that is read and written. Return: round trips that were right */
static inline unsigned int talk(int fd, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct remora_message m = { .type = ECHO, .length = 24, .payload = { i, 0, (__u64)i * i } };

		if (write(fd, &m, sizeof(m)) != sizeof(m) || read(fd, &m, sizeof(m)) != sizeof(m) ||
		    m.type != ECHO || m.payload[0] != i || m.payload[2] != (__u64)i * i)
			return i;
	}
	return count;
}

/* Serve as the pair's server does, until the client says that it was all, or is gone. Return: messages */
static inline int serve(int fd)
{
	struct remora_message m;
	int count = 0;

	while (read(fd, &m, sizeof(m)) == sizeof(m) && m.type != END) {
		m.payload[1] = 1;
		if (write(fd, &m, sizeof(m)) != sizeof(m))
			break;
		count++;
	}
	return count;
}

/* Until it is over: milliseconds, or -1. */
static inline long over_after(int fd)
{
	struct pollfd p = { .fd = fd };
	long begin = rt_ms();

	return poll(&p, 1, SOON_MS) == 1 && (p.revents & POLLHUP) ? rt_ms() - begin : -1;
}

/* The same on a mapped one; the server writes the time into the second word. */
static inline unsigned int talk_mapped(struct rt_mapped *m, unsigned int count)
{
	struct pollfd p = { .fd = m->fd, .events = POLLIN };
	struct urpc_msg in;

	for (unsigned int i = 0; i < count; i++) {
		__u64 payload[3] = { i, 0, ~(__u64)i };
		int ret;

		if (urpc_send(&m->chan, ECHO, payload, sizeof(payload)))
			return i;
		if (urpc_notify_needed(&m->chan) && ioctl(m->fd, REMORA_IOC_NOTIFY))
			return i;
		while ((ret = urpc_recv(&m->chan, &in)) == -URPC_EAGAIN) {
			if (urpc_arm(&m->chan) && (poll(&p, 1, SOON_MS) != 1 || (p.revents & POLLHUP)))
				return i;
			urpc_disarm(&m->chan);
		}
		if (ret || in.payload[0] != i || in.payload[2] != ~(__u64)i)
			return i;
	}
	return count;
}

static inline int map_rings(int fd, struct rt_mapped *m)
{
	*m = (struct rt_mapped){ .fd = fd, .info = { .size = sizeof(m->info) } };
	if (ioctl(fd, REMORA_IOC_CHANNEL, &m->info))
		return -errno;
	m->tx = mmap(NULL, m->info.ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		     (off_t)m->info.tx_offset);
	m->rx = mmap(NULL, m->info.ring_bytes, PROT_READ, MAP_SHARED, fd, (off_t)m->info.rx_offset);
	if (m->tx == MAP_FAILED || m->rx == MAP_FAILED)
		return -errno;
	return urpc_chan_init(&m->chan, m->tx, m->rx, m->info.slots);
}

#endif
