// SPDX-License-Identifier: GPL-2.0-only
/* Everything else a fuzzing worker does: files, messages, mappings, children, and Linux around it. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"

#define FAIL_STEP "/sys/kernel/debug/remora/fail_step"
#define WAIT_MS_MAX 5
#define FORKED_STEPS 10
#define MESSAGES_MAX 8

struct op {
	const char *name;
	unsigned int weight;
	long (*act)(struct fz_worker *w, struct fz_rng *r);
};

/* A touch of a mapping may end in SIGBUS or SIGSEGV: then back to here. */
static __thread sigjmp_buf *touching;

void fz_digest(struct fz_worker *w, const void *bytes, size_t count)
{
	const unsigned char *p = bytes;

	while (count--)
		w->digest = (w->digest ^ *p++) * 0x100000001b3ull;
}

void fz_note(struct fz_tally *t, long ret)
{
	unsigned int error = ret < 0 ? (unsigned int)errno : 0;

	__atomic_fetch_add(&t->calls, 1, __ATOMIC_RELAXED);
	if (!error)
		__atomic_fetch_add(&t->done, 1, __ATOMIC_RELAXED);
	else if (error < FZ_ERRNOS)
		__atomic_fetch_add(&t->failed[error], 1, __ATOMIC_RELAXED);
}

void fz_put(int *slot, long fd)
{
	int old = __atomic_exchange_n(slot, (int)fd, __ATOMIC_RELAXED);

	if (old >= 0)
		close(old);
}

static int *any_slot(struct fz_worker *w, struct fz_rng *r)
{
	struct fz_process *p = w->process;
	unsigned int n = fz_below(r, FZ_DEVICES + 2 * FZ_CHANNELS + FZ_NAMING);

	if (fz_one_in(r, 12))
		return &p->offer[fz_below(r, FZ_OFFERS)];

	/* Rarely the control device, which the process without privileges cannot open again. */
	if (fz_one_in(r, 100))
		return &p->control[fz_below(r, FZ_CONTROLS)];
	if (n < FZ_DEVICES)
		return &p->device[n];
	return n < FZ_DEVICES + FZ_NAMING ? &p->names[n - FZ_DEVICES] : &p->channel[n % FZ_CHANNELS];
}

/* The file's mode lets the process without privileges in. */
static int open_device(const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/remora-%s", name);
	chmod(path, 0666);
	return rt_open(name, flags);
}

int fz_fd(struct fz_worker *w, int *slot)
{
	struct fz_process *p = w->process;
	int fd = __atomic_load_n(slot, __ATOMIC_RELAXED), device;
	char name[REMORA_NAME_MAX];

	if (fd >= 0 || w->shared->dry || (slot >= p->offer && slot < p->offer + FZ_OFFERS))
		return fd;
	if (slot < p->control + FZ_CONTROLS) {
		fd = rt_control(O_RDWR);
	} else if (slot < p->device + FZ_DEVICES) {
		snprintf(name, sizeof(name), RT_PREFIX "fz%ld", (long)(slot - p->device));
		fd = open_device(name, O_RDWR);
	} else if (slot >= p->names) {
		struct remora_names_open o = { .size = sizeof(o), .flags = REMORA_NAMES_NONBLOCK };

		device = __atomic_load_n(&p->device[(slot - p->names) % FZ_DEVICES],
					 __ATOMIC_RELAXED);
		if (device >= 0)
			fd = ioctl(device, REMORA_IOC_NAMES, &o);
	} else {
		device = __atomic_load_n(&p->device[(slot - p->channel) % FZ_DEVICES],
					 __ATOMIC_RELAXED);
		if (device >= 0)
			fd = rt_bind(device, 1, REMORA_SERVICE_ECHO, REMORA_BIND_NONBLOCK, 16, NULL);
	}
	if (fd >= 0)
		fz_put(slot, fd);
	return fd;
}

static int channel(struct fz_worker *w, struct fz_rng *r)
{
	return fz_fd(w, &w->process->channel[fz_below(r, FZ_CHANNELS)]);
}

/* ---- files ---- */

static const int modes[] = { O_RDWR, O_RDWR, O_RDWR, O_RDONLY, O_WRONLY, O_RDWR | O_NONBLOCK };

static int mode(struct fz_rng *r)
{
	return modes[fz_below(r, sizeof(modes) / sizeof(modes[0]))];
}

static long op_control(struct fz_worker *w, struct fz_rng *r)
{
	int *slot = &w->process->control[fz_below(r, FZ_CONTROLS)], flags = mode(r), fd;

	if (w->shared->dry)
		return 0;
	fd = rt_control(flags);
	if (fd >= 0)
		fz_put(slot, fd);
	return fd;
}

static long op_device(struct fz_worker *w, struct fz_rng *r)
{
	int *slot = &w->process->device[fz_below(r, FZ_DEVICES)], flags = mode(r), fd;
	char name[REMORA_NAME_MAX];

	fz_name(r, name);
	fd = w->shared->dry ? -1 : open_device(name, flags);
	if (fd >= 0)
		fz_put(slot, fd);
	return fd;
}

static long op_close(struct fz_worker *w, struct fz_rng *r)
{
	int *slot = any_slot(w, r);

	if (!w->shared->dry)
		fz_put(slot, -1);
	return 0;
}

static long op_dup(struct fz_worker *w, struct fz_rng *r)
{
	int *from = any_slot(w, r), *to = &w->process->channel[fz_below(r, FZ_CHANNELS)];
	int fd = w->shared->dry ? -1 : dup(__atomic_load_n(from, __ATOMIC_RELAXED));

	if (fd >= 0)
		fz_put(to, fd);
	return fd;
}

static long op_flags(struct fz_worker *w, struct fz_rng *r)
{
	int fd = channel(w, r), flags = fz_one_in(r, 3) ? 0 : O_NONBLOCK;

	return w->shared->dry ? 0 : fcntl(fd, F_SETFL, flags);
}

/* ---- messages ---- */

static void make_message(struct fz_rng *r, struct remora_message *m)
{
	m->type = (__u16)fz_below(r, 4);
	m->length = (__u16)(fz_one_in(r, 20) ? fz_next(r) : fz_below(r, 57));
	m->reserved = fz_one_in(r, 50);
	m->payload[0] = fz_one_in(r, 8) ? fz_next(r) : fz_below(r, 1000000);
}

static long op_write(struct fz_worker *w, struct fz_rng *r)
{
	unsigned int count = 1 + fz_below(r, MESSAGES_MAX), i;
	struct remora_message m[MESSAGES_MAX] = { 0 };
	size_t bytes = count * sizeof(m[0]);
	int fd = fz_one_in(r, 30) ? *any_slot(w, r) : channel(w, r);
	void *at = fz_place(w, r, bytes);

	for (i = 0; i < count; i++)
		make_message(r, &m[i]);
	if (fz_one_in(r, 16))
		bytes = fz_below(r, 2 * sizeof(m));
	fz_digest(w, m, sizeof(m));
	fz_digest(w, &bytes, sizeof(bytes));
	if (w->shared->dry)
		return 0;
	fz_fill(w, r, at, m, count * sizeof(m[0]));
	return write(fd, at, bytes);
}

static long op_read(struct fz_worker *w, struct fz_rng *r)
{
	size_t bytes = fz_one_in(r, 16) ? fz_below(r, 4096) : 64 * (1 + fz_below(r, MESSAGES_MAX));
	int fd = fz_one_in(r, 30) ? *any_slot(w, r) : channel(w, r);
	void *at = fz_place(w, r, bytes);
	struct iovec pieces[2] = { { at, bytes / 2 }, { (char *)at + bytes / 2, bytes - bytes / 2 } };

	fz_digest(w, &bytes, sizeof(bytes));
	fz_digest(w, &at, sizeof(at));
	if (w->shared->dry)
		return 0;
	return fz_one_in(r, 8) ? readv(fd, pieces, 2) : read(fd, at, bytes);
}

static long op_poll(struct fz_worker *w, struct fz_rng *r)
{
	unsigned int count = 1 + fz_below(r, 4), i;
	int ms = (int)fz_below(r, WAIT_MS_MAX + 1);
	struct pollfd p[4];

	for (i = 0; i < count; i++) {
		p[i].fd = *any_slot(w, r);
		p[i].events = (short)fz_next(r);
	}
	return w->shared->dry ? 0 : poll(p, count, ms);
}

static long op_epoll(struct fz_worker *w, struct fz_rng *r)
{
	struct epoll_event e = { .events = (__u32)fz_next(r) }, got[4];
	int what = fz_below(r, 4), fd = *any_slot(w, r), ms = (int)fz_below(r, WAIT_MS_MAX + 1);

	e.events &= ~(__u32)EPOLLWAKEUP;
	if (w->shared->dry)
		return 0;
	if (!what)
		return epoll_wait(w->process->epoll, got, 4, ms);
	return epoll_ctl(w->process->epoll, what, fd, &e);
}

/* Numbers, sizes and directions that no table has. */
static long op_command(struct fz_worker *w, struct fz_rng *r)
{
	unsigned long command = _IOC(fz_below(r, 4), fz_one_in(r, 4) ? fz_below(r, 256) :
				     REMORA_IOC_MAGIC, fz_below(r, 0x30), fz_below(r, 600));
	int fd = *any_slot(w, r);
	void *at = fz_place(w, r, 600);

	fz_digest(w, &command, sizeof(command));
	if (w->shared->dry)
		return 0;
	fz_fill(w, r, at, NULL, 600);
	return ioctl(fd, command, at);
}

/* ---- mappings ---- */

static char *map_address(unsigned int slot)
{
	return (char *)(FZ_MAPS_BASE + slot * FZ_MAPS_STRIDE);
}

/* Mostly what the channel says about itself. */
static long op_mmap(struct fz_worker *w, struct fz_rng *r)
{
	static const int prots[] = { PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC, PROT_NONE };
	unsigned int slot = fz_below(r, FZ_MAPS);
	int fd = channel(w, r), prot = prots[fz_below(r, 2 + 2 * fz_one_in(r, 10))];
	bool tx = prot & PROT_WRITE ? !fz_one_in(r, 8) : fz_one_in(r, 2), odd = fz_one_in(r, 8);
	int flags = MAP_FIXED | (fz_one_in(r, 16) ? MAP_PRIVATE : MAP_SHARED);
	struct remora_channel c = { .size = sizeof(c) };
	__u64 skew = fz_below(r, 5), more = fz_below(r, 3);
	void *at;

	if (w->shared->dry || ioctl(fd, REMORA_IOC_CHANNEL, &c))
		return w->shared->dry ? 0 : -1;
	if (odd) {
		c.tx_offset += (skew << 18) - (1 << 18);
		c.ring_bytes = c.ring_bytes * more + FZ_PAGE * skew;
	}
	at = mmap(map_address(slot), c.ring_bytes % FZ_MAPS_STRIDE, prot, flags, fd,
		  (off_t)(tx ? c.tx_offset : c.rx_offset));
	return at == MAP_FAILED ? -1 : 0;
}

/* The addresses stay reserved, so that nothing else is ever there. */
static long op_unmap(struct fz_worker *w, struct fz_rng *r)
{
	char *at = map_address(fz_below(r, FZ_MAPS));
	unsigned long first = fz_one_in(r, 4) ? fz_below(r, 4) * FZ_PAGE : 0;
	unsigned int what = fz_below(r, 4);

	if (w->shared->dry)
		return 0;
	if (!what)
		return mprotect(at + first, FZ_PAGE, PROT_READ | PROT_WRITE);
	if (what == 1)
		return madvise(at + first, 2 * FZ_PAGE, MADV_DONTNEED);
	at = mmap(at + first, FZ_MAPS_STRIDE - first, PROT_NONE,
		  MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return at == MAP_FAILED ? -1 : 0;
}

static void on_fault(int number)
{
	if (touching)
		siglongjmp(*touching, 1);
	signal(number, SIG_DFL);
}

/* Rubbish into whatever ring is there, often where it hurts: the control lines and first slots. */
static long op_touch(struct fz_worker *w, struct fz_rng *r)
{
	char *at = map_address(fz_below(r, FZ_MAPS));
	unsigned int count = 1 + fz_below(r, 16), n;
	sigjmp_buf back;

	if (w->shared->dry)
		return 0;
	if (sigsetjmp(back, 1)) {
		touching = NULL;
		errno = EFAULT;
		return -1;
	}
	touching = &back;
	for (n = 0; n < count; n++) {
		unsigned int word = fz_one_in(r, 2) ? fz_below(r, 32) : fz_below(r, 512);
		__u64 value = fz_one_in(r, 2) ? fz_next(r) : fz_below(r, 70);

		__atomic_store_n((__u64 *)at + word, value, __ATOMIC_RELEASE);
	}
	touching = NULL;
	return 0;
}

/* ---- children ---- */

/* A child inherits everything but the mappings, uses it for a while, and ends or is killed. */
static long op_fork(struct fz_worker *w, struct fz_rng *r)
{
	unsigned int slot = fz_below(r, FZ_CHILDREN), steps = fz_below(r, FORKED_STEPS), i;
	pid_t child, old;

	if (w->shared->dry || w->number >= FZ_FORKED)
		return 0;
	old = __atomic_exchange_n(&w->process->child[slot], -1, __ATOMIC_RELAXED);
	if (old > 0) {
		kill(old, SIGKILL);
		waitpid(old, NULL, 0);
	}
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		w->number += FZ_FORKED;
		for (i = 0; i < steps; i++)
			fz_step(w);
		_exit(0);
	}
	old = __atomic_exchange_n(&w->process->child[slot], child, __ATOMIC_RELAXED);
	if (old > 0) {
		kill(old, SIGKILL);
		waitpid(old, NULL, 0);
	}
	return child;
}

/* A signal ends a wait of another worker. */
static long op_signal(struct fz_worker *w, struct fz_rng *r)
{
	pid_t tid = w->shared->tids[fz_below(r, FZ_WORKERS)];

	return w->shared->dry || !tid ? 0 : syscall(SYS_tkill, tid, SIGUSR1);
}

/* ---- Linux around it ---- */

/* All files of a directory of sysfs are read. */
static long read_all(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	char file[512], text[4096];

	if (!dir)
		return -1;
	while ((e = readdir(dir))) {
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		if (e->d_type == DT_REG)
			rt_read_text(file, text, sizeof(text));
	}
	closedir(dir);
	return 0;
}

static long op_sysfs(struct fz_worker *w, struct fz_rng *r)
{
	unsigned int what = fz_below(r, 4);
	char name[REMORA_NAME_MAX], path[128] = "/sys/kernel/remora/ledger";

	fz_name(r, name);
	if (what == 1)
		snprintf(path, sizeof(path), "/sys/class/remora/remora-%s", name);
	else if (what > 1)
		snprintf(path, sizeof(path), "/sys/class/remora/remora-%s/core%u", name, what - 1);
	return w->shared->dry ? 0 : read_all(path);
}

static long op_fail_step(struct fz_worker *w, struct fz_rng *r)
{
	static const char *const steps[] = {
		"create-image", "create-memory", "create-cpus", "create-regions", "create-channels",
		"create-doorbell", "create-device", "start-fill", "start-map", "start-nodes",
		"start-doorbell", "start-wake", "start-wait", "start-watch",
	};
	const char *step = steps[fz_below(r, sizeof(steps) / sizeof(steps[0]))];

	return w->shared->dry ? 0 : rt_write_text(FAIL_STEP, step) ? -1 : 0;
}

/* A CPU goes and comes: refused while a partition has it. */
static long op_hotplug(struct fz_worker *w, struct fz_rng *r)
{
	unsigned int cpu = w->shared->cpus[fz_below(r, w->shared->cpu_count)];
	int ret;

	if (w->shared->dry)
		return 0;
	ret = rt_cpu_online(cpu, false);
	rt_cpu_online(cpu, true);
	errno = -ret;
	return ret;
}

/* Doorbells move from CPU to CPU. */
static long op_affinity(struct fz_worker *w, struct fz_rng *r)
{
	int fd = *(&w->process->device[fz_below(r, FZ_DEVICES)]);
	struct remora_status s = { .size = sizeof(s) };
	unsigned int mask = 1 + fz_below(r, 255);
	char path[64], text[16];

	if (w->shared->dry || ioctl(fd, REMORA_IOC_STATUS, &s))
		return w->shared->dry ? 0 : -1;
	snprintf(path, sizeof(path), "/proc/irq/%u/smp_affinity", s.irq);
	snprintf(text, sizeof(text), "%x", mask);
	return rt_write_text(path, text) ? -1 : 0;
}

static long op_ioctl(struct fz_worker *w, struct fz_rng *r)
{
	return fz_ioctl(w, r, -1);
}

static const struct op ops[] = {
	{ "ioctl", 120, op_ioctl },
	{ "open control", 3, op_control },
	{ "open device", 8, op_device },
	{ "close", 4, op_close },
	{ "dup", 3, op_dup },
	{ "set flags", 2, op_flags },
	{ "write", 28, op_write },
	{ "read", 28, op_read },
	{ "poll", 8, op_poll },
	{ "epoll", 8, op_epoll },
	{ "unknown command", 6, op_command },
	{ "map", 14, op_mmap },
	{ "unmap", 3, op_unmap },
	{ "touch", 16, op_touch },
	{ "fork", 2, op_fork },
	{ "signal", 4, op_signal },
	{ "sysfs", 3, op_sysfs },
	{ "fail a step", 1, op_fail_step },
	{ "hotplug", 1, op_hotplug },
	{ "move the doorbell", 2, op_affinity },
};

#define OPS (sizeof(ops) / sizeof(ops[0]))

_Static_assert(OPS <= FZ_OPS, "room for the tallies");

unsigned int fz_op_count(void)
{
	return OPS;
}

const char *fz_op_name(unsigned int op)
{
	return ops[op].name;
}

void fz_step(struct fz_worker *w)
{
	struct fz_rng r = { w->shared->seed ^ (__u64)w->number << 48 };
	unsigned int total = 0, i;
	long ret;

	/* The step's own stream: nothing that an earlier call did shifts it. */
	r.state = fz_next(&r) + w->step++;
	r.state = fz_next(&r);
	w->arena_used = 0;
	for (i = 0; i < OPS; i++)
		total += ops[i].weight;
	total = fz_below(&r, total);
	for (i = 0; total >= ops[i].weight; i++)
		total -= ops[i].weight;
	fz_digest(w, &i, sizeof(i));
	ret = ops[i].act(w, &r);
	if (!w->shared->dry)
		fz_note(&w->shared->ops[i], ret);
}

/* ---- beginnings ---- */

static void *reserve(unsigned long at, size_t bytes, int prot)
{
	return mmap((void *)at, bytes, prot,
		    MAP_FIXED_NOREPLACE | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

int fz_worker_init(struct fz_worker *w, struct fz_shared *shared, struct fz_process *process,
		   unsigned int number)
{
	unsigned char *arena = reserve(FZ_ARENA_BASE + number * FZ_ARENA_STRIDE, FZ_ARENA_STRIDE,
				       PROT_NONE);

	if (arena == MAP_FAILED)
		return -errno;
	if (mprotect(arena, FZ_GOOD_PAGES * FZ_PAGE, PROT_READ | PROT_WRITE) ||
	    mprotect(arena + (FZ_GOOD_PAGES + 2) * FZ_PAGE, FZ_PAGE, PROT_READ))
		return -errno;
	*w = (struct fz_worker){
		.shared = shared, .process = process, .number = number, .arena = arena,
	};
	return 0;
}

static void on_signal(int number)
{
}

int fz_process_init(struct fz_process *p)
{
	struct sigaction fault = { .sa_handler = on_fault, .sa_flags = SA_NODEFER };
	struct sigaction wake = { .sa_handler = on_signal };

	memset(p, 0xff, sizeof(*p));
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	sigaction(SIGBUS, &fault, NULL);
	sigaction(SIGSEGV, &fault, NULL);
	sigaction(SIGUSR1, &wake, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (reserve(FZ_COMMON_BASE, FZ_PAGE, PROT_READ | PROT_WRITE) == MAP_FAILED ||
	    reserve(FZ_MAPS_BASE, FZ_MAPS * FZ_MAPS_STRIDE, PROT_NONE) == MAP_FAILED)
		return -errno;
	return p->epoll < 0 ? -errno : 0;
}
