// SPDX-License-Identifier: GPL-2.0-only
/*
 * The devices of the fake module.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <remora/remora.h>

#include "fake.h"
#include "fake_chan.h"
#include "fake_names.h"

#define FILES 64
#define PARTITIONS 8

/* A partition; in the file FAKE_STATE, which is all zero at first. */
#define ADDED_MAX 4u
#define ADDED_AT(i) ((i + 1) * 0x100000000ull) /* where it is */

struct part {
	char name[REMORA_NAME_MAX];
	uint32_t state, flags, core_count, extent_count;
	uint32_t cpus[REMORA_CPUS_MAX];
	struct remora_extent extents[REMORA_EXTENTS_MAX];
	uint32_t crashed; /* node number */
	uint64_t generation;
	uint64_t foreign; /* interrupts that met core 1 */
	uint64_t added[ADDED_MAX]; /* bytes of memory that was added; 0: none */
};

enum kind { OTHER, CONTROL, PARTITION, CHANNEL, EPOLL, NAMES };

static struct {
	enum kind kind;
	struct part *part;
	struct fake_chan *chan;
	uint64_t seen;
	bool writable;
} files[FILES];

int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
int __real_ioctl(int fd, unsigned long request, ...);
int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __real_access(const char *path, int mode);
ssize_t __real_read(int fd, void *buffer, size_t size);
ssize_t __real_write(int fd, const void *buffer, size_t size);
void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_access(const char *path, int mode);
int __wrap_epoll_create1(int flags);
int __wrap_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event);
int __wrap_epoll_wait(int epoll, struct epoll_event *event, int room, int timeout);
ssize_t __wrap_read(int fd, void *buffer, size_t size);
ssize_t __wrap_write(int fd, const void *buffer, size_t size);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);

static struct part *parts(void)
{
	static struct part *table;
	const char *path = getenv("FAKE_STATE");
	int fd;

	if (table || !path)
		return table;
	fd = __real_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(*table) * PARTITIONS))
		abort();
	table = mmap(NULL, sizeof(*table) * PARTITIONS, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (table == MAP_FAILED)
		abort();
	__real_close(fd);
	return table;
}

static struct part *find(const char *name)
{
	for (unsigned int i = 0; i < PARTITIONS; i++)
		if (parts()[i].name[0] && !strcmp(parts()[i].name, name))
			return &parts()[i];
	return NULL;
}

static bool is_kind(int fd, enum kind kind)
{
	return fd >= 0 && fd < FILES && files[fd].kind == kind;
}

static int new_file(enum kind kind, struct part *part, bool writable)
{
	int fd = memfd_create("device", MFD_CLOEXEC);

	if (fd < 0 || fd >= FILES)
		abort();
	files[fd].kind = kind;
	files[fd].part = part;
	files[fd].writable = writable;
	return fd;
}

/* FAKE_DENY: not even the right to open. */
int __wrap_open(const char *path, int flags, ...)
{
	bool writable = (flags & O_ACCMODE) == O_RDWR;
	struct part *part;

	if (strncmp(path, REMORA_CONTROL_PATH, strlen(REMORA_CONTROL_PATH)))
		return __real_open(path, flags, 0600);
	if (getenv("FAKE_DENY")) {
		errno = EACCES;
		return -1;
	}
	if (parts() && !strcmp(path, REMORA_CONTROL_PATH))
		return new_file(CONTROL, NULL, writable);
	part = parts() ? find(path + strlen(REMORA_CONTROL_PATH) + 1) : NULL;
	if (part)
		return new_file(PARTITION, part, writable);
	errno = ENOENT;
	return -1;
}

int __wrap_access(const char *path, int mode)
{
	if (!strcmp(path, REMORA_CONTROL_PATH) && parts())
		return 0;
	return __real_access(path, mode);
}

int __wrap_close(int fd)
{
	if (is_kind(fd, CHANNEL))
		fake_chan_close(files[fd].chan);
	if (fd >= 0 && fd < FILES)
		files[fd].kind = OTHER;
	return __real_close(fd);
}

static int refuse(struct remora_error *error, uint32_t reason)
{
	error->reason = reason;
	snprintf(error->message, sizeof(error->message), "fake words about %s",
		 remora_reason_name(reason));
	return -remora_reason_errno(reason);
}

/* FAKE_FAIL: number of the reason for which the next calls are refused. */
static uint32_t ordered_failure(void)
{
	const char *order = getenv("FAKE_FAIL");

	return order ? (uint32_t)atoi(order) : 0;
}

static int do_create(struct remora_create *c, bool check)
{
	struct part *part = NULL;

	c->warnings[0] = getenv("FAKE_WARN") ? REMORA_R_CPU_SMT_SPLIT : 0;
	if (ordered_failure())
		return refuse(&c->error, ordered_failure());
	if (find(c->name))
		return refuse(&c->error, REMORA_R_NAME_EXISTS);
	if (check)
		return 0;
	for (unsigned int i = 0; i < PARTITIONS && !part; i++)
		part = parts()[i].name[0] ? NULL : &parts()[i];
	if (!part)
		return refuse(&c->error, REMORA_R_NO_MEMORY);
	memset(part, 0, sizeof(*part));
	memcpy(part->name, c->name, sizeof(part->name));
	part->flags = c->flags;
	part->core_count = c->cpu_count;
	part->extent_count = c->extent_count;
	memcpy(part->cpus, (void *)(uintptr_t)c->cpus, c->cpu_count * sizeof(uint32_t));
	memcpy(part->extents, (void *)(uintptr_t)c->extents,
	       c->extent_count * sizeof(part->extents[0]));
	part->state = c->flags & REMORA_CREATE_AUTOSTART ? REMORA_RUNNING : REMORA_OFFLINE;
	return 0;
}

static int do_destroy(struct remora_name *n)
{
	struct part *part = find(n->name);

	if (ordered_failure())
		return refuse(&n->error, ordered_failure());
	if (!part)
		return refuse(&n->error, REMORA_R_NAME_UNKNOWN);
	if (part->state != REMORA_OFFLINE && !(n->flags & REMORA_FORCE))
		return refuse(&n->error, REMORA_R_STATE_WRONG);
	part->name[0] = 0;
	part->generation++;
	return 0;
}

static int do_list(struct remora_list *l)
{
	uint32_t room = l->count, count = 0;

	for (unsigned int i = 0; i < PARTITIONS; i++) {
		if (!parts()[i].name[0])
			continue;
		if (count < room)
			memcpy((char *)(uintptr_t)l->names + count * REMORA_NAME_MAX,
			       parts()[i].name, REMORA_NAME_MAX);
		count++;
	}
	l->count = count;
	return 0;
}

static int do_version(struct remora_version *v)
{
	v->uapi_revision = REMORA_UAPI_REVISION + (getenv("FAKE_REVISION") != NULL);
	v->abi_revision = 1;
	strcpy(v->module, "fake");
	strcpy(v->kernel, "none");
	return 0;
}

static int control_ioctl(bool writable, unsigned long request, void *arg)
{
	switch (request) {
	case REMORA_IOC_VERSION:
		return do_version(arg);
	case REMORA_IOC_LIST:
		return do_list(arg);
	case REMORA_IOC_CREATE:
	case REMORA_IOC_CHECK:
		return writable ? do_create(arg, request == REMORA_IOC_CHECK) : -EPERM;
	case REMORA_IOC_DESTROY:
		return writable ? do_destroy(arg) : -EPERM;
	}
	return -ENOTTY;
}

static int do_act(struct part *part, unsigned long request, struct remora_act *act)
{
	if (ordered_failure())
		return refuse(&act->error, ordered_failure());
	if (request == REMORA_IOC_START && part->state != REMORA_OFFLINE)
		return refuse(&act->error, REMORA_R_STATE_WRONG);
	part->state = request == REMORA_IOC_STOP ? REMORA_OFFLINE : REMORA_RUNNING;
	part->crashed = 0;
	part->generation++;
	return 0;
}

static int do_status(struct part *part, struct remora_status *s)
{
	struct remora_core_status *cores = (void *)(uintptr_t)s->cores;

	s->state = part->state;
	memcpy(s->name, part->name, sizeof(s->name));
	s->flags = part->flags;
	s->core_count = part->core_count;
	s->extent_count = part->extent_count;
	s->tsc_khz = 2000000;
	s->generation = part->generation;
	strcpy(s->image, "fake\"image");
	for (uint32_t i = 0; i < part->core_count && i < s->core_room; i++) {
		cores[i].node = i + 1;
		cores[i].cpu = part->cpus[i];
		cores[i].state = part->crashed ? REMORA_RUNNING : part->state;
		cores[i].foreign_interrupts = i ? 0 : part->foreign;
		if (part->crashed != i + 1)
			continue;
		cores[i].state = REMORA_CRASHED;
		cores[i].crash_vector = 14;
		cores[i].crash_rip = 0xffffffff80001234;
		strcpy(cores[i].crash_reason, "page fault \x1b[31m\"evil\"\n");
	}
	for (uint32_t i = 0; i < part->extent_count && i < s->extent_room; i++)
		s->memory += part->extents[i].bytes;
	memcpy((void *)(uintptr_t)s->extents, part->extents,
	       part->extent_count * sizeof(part->extents[0]));
	return 0;
}

static int do_memory_add(struct part *part, struct remora_memory_add *m)
{
	const struct remora_extent *extents = (void *)(uintptr_t)m->extents;
	uint32_t free = 0;

	if (ordered_failure())
		return refuse(&m->error, ordered_failure());
	if (m->node > part->core_count)
		return refuse(&m->error, REMORA_R_CORE_UNKNOWN);
	for (uint32_t i = 0; i < m->extent_count; i++) {
		while (free < ADDED_MAX && part->added[free])
			free++;
		if (free == ADDED_MAX)
			return refuse(&m->error, REMORA_R_MEMORY_REFUSED);
		part->added[free] = extents[i].bytes;
		m->bytes += extents[i].bytes;
	}
	m->given = m->node ? m->node : 1;
	return 0;
}

static int do_memory_remove(struct part *part, struct remora_memory_remove *m)
{
	if (ordered_failure())
		return refuse(&m->error, ordered_failure());
	for (uint32_t i = 0; i < ADDED_MAX; i++) {
		if (!part->added[i] || (m->address == ~0ull ? m->bytes != part->added[i] : m->address != ADDED_AT(i)))
			continue;
		part->added[i] = 0;
		return 0;
	}
	return refuse(&m->error, REMORA_R_MEMORY_UNKNOWN);
}

static int do_inject(struct part *part, struct remora_inject *in)
{
	if (!(part->flags & REMORA_CREATE_FAULTS))
		return refuse(&in->error, REMORA_R_FAULTS_FORBIDDEN);
	if (in->node > part->core_count)
		return refuse(&in->error, REMORA_R_CORE_UNKNOWN);
	part->state = REMORA_CRASHED;
	part->crashed = in->node;
	part->generation++;
	return 0;
}

/* Three lines, of which the first was overwritten, and one with an escape sequence. */
static int do_console(struct part *part, struct remora_console *c)
{
	static const char *const texts[] = { "second", "third \x1b[2J", "continued" };
	struct remora_console_line *lines = (void *)(uintptr_t)c->lines;
	uint32_t count = 0;

	(void)part;
	c->missed = c->next < 2 ? 2 - c->next : 0;
	for (uint64_t n = c->next < 2 ? 2 : c->next; n <= 4 && count < c->count; n++, count++) {
		memset(&lines[count], 0, sizeof(lines[count]));
		lines[count].number = n;
		lines[count].length = (uint16_t)strlen(texts[n - 2]);
		lines[count].continued = n == 4;
		memcpy(lines[count].text, texts[n - 2], strlen(texts[n - 2]));
	}
	c->next = c->next < 2 ? 2 + count : c->next + count;
	c->count = count;
	return 0;
}

static int do_bind(struct part *part, struct remora_bind *b)
{
	struct fake_chan *chan;
	int fd;

	if (ordered_failure())
		return refuse(&b->error, ordered_failure());
	if (part->state != REMORA_RUNNING)
		return refuse(&b->error, REMORA_R_PARTITION_DEAD);
	if (b->node > part->core_count)
		return refuse(&b->error, REMORA_R_CORE_UNKNOWN);
	if (b->service != REMORA_SERVICE_ECHO &&
	    (b->service != REMORA_SERVICE_SPAWN || getenv("FAKE_NO_SPAWN")))
		return refuse(&b->error, REMORA_R_SERVICE_UNKNOWN);
	fd = fake_chan_open(&chan, b);
	files[fd].kind = CHANNEL;
	files[fd].chan = chan;
	return fd;
}

/* FAKE_OLD: the module is older than names. */
static int do_names(struct part *part, struct remora_names_open *n)
{
	if (getenv("FAKE_OLD"))
		return -ENOTTY;
	return ordered_failure() ? refuse(&n->error, ordered_failure()) : new_file(NAMES, part, true);
}

static int do_peer_ping(struct part *part, struct remora_peer_ping *p)
{
	if (p->peer > part->core_count)
		return refuse(&p->error, REMORA_R_PEER_UNKNOWN);
	p->min = 100;
	p->median = 200;
	p->p99 = 300;
	p->max = 400;
	return 0;
}

/*
 * The farther down the list a protocol is, the faster; core 1 is met by an interrupt of Linux.
 * FAKE_NO_PCID: a way these CPUs do not have. FAKE_MISCOUNT: a recipient forgot one. FAKE_SLOW:
 * milliseconds that a run takes.
 */
static int do_shootdown(struct part *part, struct remora_shootdown *s)
{
	uint64_t known = (2ull << part->core_count) - 2;
	unsigned int recipients = (unsigned int)__builtin_popcountll(s->nodes);

	if (ordered_failure())
		return refuse(&s->error, ordered_failure());
	if (part->state != REMORA_RUNNING)
		return refuse(&s->error, REMORA_R_PARTITION_DEAD);
	if (!s->nodes || s->nodes & ~known || s->nodes & 1ull << s->initiator ||
	    s->initiator > part->core_count)
		return refuse(&s->error, REMORA_R_SHOOTDOWN_NODES);
	if (!s->count || s->count > REMORA_SHOOTDOWN_COUNT_MAX)
		return refuse(&s->error, REMORA_R_COUNT_INVALID);
	if (getenv("FAKE_NO_PCID") && s->method == REMORA_SHOOTDOWN_BY_PCID)
		return refuse(&s->error, REMORA_R_SHOOTDOWN_UNSUPPORTED);
	if (getenv("FAKE_SLOW"))
		__real_poll(NULL, 0, atoi(getenv("FAKE_SLOW")));
	s->median = 5000 - 1000 * s->protocol + 100 * recipients + 10 * s->method;
	s->min = s->median - 1;
	s->p99 = s->median + 1;
	s->max = s->median + 2;
	s->samples = s->count;
	s->lost_median = 77;
	s->lost_max = 99;
	s->handled = (uint64_t)s->count * recipients;
	if (s->method == REMORA_SHOOTDOWN_BY_PAGE)
		s->handled *= s->pages;
	s->handled -= getenv("FAKE_MISCOUNT") != NULL;
	part->foreign++;
	return 0;
}

static int partition_ioctl(int fd, unsigned long request, void *arg)
{
	struct part *part = files[fd].part;

	if (!part->name[0])
		return -ENODEV;
	switch (request) {
	case REMORA_IOC_START:
	case REMORA_IOC_STOP:
	case REMORA_IOC_RESET:
		return files[fd].writable ? do_act(part, request, arg) : -EPERM;
	case REMORA_IOC_STATUS:
		return do_status(part, arg);
	case REMORA_IOC_CONSOLE:
		return do_console(part, arg);
	case REMORA_IOC_BIND:
		return do_bind(part, arg);
	case REMORA_IOC_NAMES:
		return do_names(part, arg);
	case REMORA_IOC_INJECT:
		return files[fd].writable ? do_inject(part, arg) : -EPERM;
	case REMORA_IOC_MEMORY_ADD:
		return files[fd].writable ? do_memory_add(part, arg) : -EPERM;
	case REMORA_IOC_MEMORY_REMOVE:
		return files[fd].writable ? do_memory_remove(part, arg) : -EPERM;
	case REMORA_IOC_PEER_PING:
		return do_peer_ping(part, arg);
	case REMORA_IOC_SHOOTDOWN:
		return getenv("FAKE_OLD") ? -ENOTTY : do_shootdown(part, arg);
	}
	return -ENOTTY;
}

static int channel_ioctl(int fd, unsigned long request, void *arg)
{
	if (request == REMORA_IOC_NOTIFY)
		return fake_chan_notify(files[fd].chan);
	return request == REMORA_IOC_CHANNEL ? fake_chan_info(files[fd].chan, arg) : -ENOTTY;
}

static long give(long result)
{
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (is_kind(fd, CONTROL))
		return (int)give(control_ioctl(files[fd].writable, request, arg));
	if (is_kind(fd, PARTITION))
		return (int)give(partition_ioctl(fd, request, arg));
	if (is_kind(fd, CHANNEL))
		return (int)give(channel_ioctl(fd, request, arg));
	if (is_kind(fd, NAMES))
		return (int)give(fake_names_ioctl(request, arg));
	return __real_ioctl(fd, request, arg);
}

int __wrap_epoll_create1(int flags)
{
	(void)flags;
	return new_file(EPOLL, NULL, false);
}

int __wrap_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
	(void)operation;
	(void)event;
	files[epoll].part = files[fd].part;
	files[epoll].seen = ~0ull;
	return 0;
}

/* Edge-triggered. Another run of the command may change the partition, so look again and again. */
int __wrap_epoll_wait(int epoll, struct epoll_event *event, int room, int timeout)
{
	struct part *part = files[epoll].part;

	(void)room;
	for (int waited = 0; files[epoll].seen == part->generation; waited++) {
		if (timeout >= 0 && waited >= timeout)
			return 0;
		__real_poll(NULL, 0, 1);
	}
	files[epoll].seen = part->generation;
	event->events = EPOLLPRI;
	if (part->state == REMORA_CRASHED)
		event->events |= EPOLLERR;
	if (!part->name[0])
		event->events |= EPOLLHUP;
	return 1;
}

/* A channel among others: look again and again. */
static int poll_mixed(struct pollfd *fds, nfds_t count, nfds_t channel, int timeout)
{
	struct pollfd chan = fds[channel];
	int ready;

	for (int waited = 0;; waited++) {
		fds[channel].fd = -1;
		ready = __real_poll(fds, count, timeout ? 1 : 0);
		fds[channel] = chan;
		if (ready < 0)
			return ready;
		fds[channel].revents = fake_chan_events(files[chan.fd].chan) &
				       (chan.events | POLLHUP | POLLERR);
		ready += fds[channel].revents != 0;
		if (ready || (timeout >= 0 && waited >= timeout))
			return ready;
	}
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	for (nfds_t i = 0; count > 1 && i < count; i++) {
		if (is_kind(fds[i].fd, CHANNEL))
			return poll_mixed(fds, count, i, timeout);
	}
	if (count == 1 && is_kind(fds->fd, CHANNEL))
		return fake_chan_poll(files[fds->fd].chan, fds, timeout);
	return __real_poll(fds, count, timeout);
}

ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
	if (!is_kind(fd, CHANNEL))
		return __real_read(fd, buffer, size);
	return give(fake_chan_read(files[fd].chan, buffer, size));
}

ssize_t __wrap_write(int fd, const void *buffer, size_t size)
{
	if (!is_kind(fd, CHANNEL))
		return __real_write(fd, buffer, size);
	return give(fake_chan_write(files[fd].chan, buffer, size));
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	if (!is_kind(fd, CHANNEL) || fake_chan_maps(files[fd].chan))
		return __real_mmap(at, size, protection, flags, fd, offset);
	errno = EBUSY;
	return MAP_FAILED;
}

void fake_sleep_for_room(int fd)
{
	fake_chan_sleep_for_room(files[fd].chan);
}

void fake_scribble(int fd)
{
	fake_chan_scribble(files[fd].chan);
}
