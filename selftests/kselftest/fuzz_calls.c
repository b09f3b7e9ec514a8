// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls of the fuzzer: a good request each, and ways to spoil one. A row for every ioctl:
 * rules/ioctls sees to that.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

#define BUFFER_BYTES 1024
#define PING_COUNT_TAME 200
#define STOP_MS_TAME 300
#define WAIT_MS_TAME 20

enum target { CONTROL, DEVICE, CHANNEL, NAMING, OFFERING, TARGETS };

/* A buffer that holds any structure, and what follows one that is too long. */
union request {
	unsigned char bytes[BUFFER_BYTES];
	__u32 word[BUFFER_BYTES / 4];
	struct remora_create create;
	struct remora_name name;
	struct remora_list list;
	struct remora_act act;
	struct remora_status status;
	struct remora_console console;
	struct remora_bind bind;
	struct remora_inject inject;
	struct remora_peer_ping ping;
	struct remora_shootdown shootdown;
	struct remora_add_cpu add_cpu;
	struct remora_remove_cpu remove_cpu;
	struct remora_memory_add memory_add;
	struct remora_memory_remove memory_remove;
	struct remora_names_open names;
	struct remora_names_ask ask;
	struct remora_names_list names_list;
	struct remora_names_watch watch;
	struct remora_names_connect connect;
	struct remora_names_offer offer;
	struct remora_offer_accept accept;
	struct remora_offer_refuse refuse;
};

struct row {
	const char *name;
	unsigned long command;
	enum target target;
	unsigned int weight;
	unsigned int size;
	long error; /* offset of struct remora_error, or -1 */
	void (*good)(struct fz_worker *w, struct fz_rng *r, union request *q);
};

/* ---- memory ---- */

static const __u64 wild[] = {
	0, 8, 0x7ffffffff000, 0x8000000000000000, 0xffff800000000000, 0xffffffff81000000,
	0xfffffffffffff000, 0xfffffffffffffff8,
};

static unsigned char *good_end(const struct fz_worker *w)
{
	return w->arena + FZ_GOOD_PAGES * FZ_PAGE;
}

bool fz_readable(const struct fz_worker *w, const void *at, size_t bytes)
{
	const unsigned char *p = at;

	return p >= w->arena && p <= good_end(w) && bytes <= (size_t)(good_end(w) - p);
}

void *fz_place(struct fz_worker *w, struct fz_rng *r, size_t bytes)
{
	unsigned int how = fz_below(r, 100);
	unsigned char *at;

	if (how < 2)
		return (void *)(unsigned long)wild[fz_below(r, sizeof(wild) / sizeof(wild[0]))];
	if (how < 4)
		return good_end(w) + 2 * FZ_PAGE; /* read-only */
	if (how < 7)
		return (void *)FZ_COMMON_BASE;
	if (how < 13)
		return good_end(w) - fz_below(r, (unsigned int)bytes + 1);
	at = w->arena + w->arena_used;
	if (how < 20 || !fz_readable(w, at, bytes))
		return bytes <= FZ_GOOD_PAGES * FZ_PAGE ? good_end(w) - bytes : w->arena;
	w->arena_used += (bytes + 15) & ~15ul;
	return at;
}

void fz_fill(struct fz_worker *w, struct fz_rng *r, void *at, const void *from, size_t bytes)
{
	unsigned char *to = at;
	size_t i;

	if (to == (unsigned char *)FZ_COMMON_BASE && bytes > FZ_PAGE)
		bytes = FZ_PAGE;
	else if (to != (unsigned char *)FZ_COMMON_BASE && !fz_readable(w, to, bytes))
		bytes = fz_readable(w, to, 0) ? (size_t)(good_end(w) - to) : 0;
	for (i = 0; i < bytes; i++)
		to[i] = from ? ((const unsigned char *)from)[i] : (unsigned char)fz_next(r);
}

/* An array of @bytes for a request to point to. */
static __u64 array(struct fz_worker *w, struct fz_rng *r, const void *from, size_t bytes)
{
	void *at = fz_place(w, r, bytes);

	if (from) {
		fz_fill(w, r, at, from, bytes);
		fz_digest(w, from, bytes);
	}
	return (__u64)(unsigned long)at;
}

/* ---- good requests ---- */

void fz_name(struct fz_rng *r, char *name)
{
	snprintf(name, REMORA_NAME_MAX, "%sfz%u", RT_PREFIX, fz_below(r, FZ_NAMES));
}

static void good_plain(struct fz_worker *w, struct fz_rng *r, union request *q)
{
}

static void good_create(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	unsigned int room = w->shared->cpu_count, count = 1 + fz_one_in(r, 2), first, i;
	struct remora_create *c = &q->create;
	struct remora_extent extent[2] = { 0 };
	__u32 cpus[2] = { 0 };

	count = count < room ? count : room;
	first = fz_below(r, room);
	for (i = 0; i < count; i++)
		cpus[i] = w->shared->cpus[(first + i) % room];
	for (i = 0; i < 2; i++)
		extent[i] = (struct remora_extent){
			.bytes = (8 + 8 * count) * RT_MIB,
			.node = fz_one_in(r, 8) ? 0 : -1,
			.source = fz_one_in(r, 8) ? REMORA_MEMORY_AUTO : REMORA_MEMORY_CONTIGUOUS,
		};
	c->flags = REMORA_CREATE_FAULTS | (fz_one_in(r, 3) ? REMORA_CREATE_AUTOSTART : 0) |
		   (fz_one_in(r, 8) ? REMORA_CREATE_NO_SLEEP : 0);
	fz_name(r, c->name);
	c->cpu_count = count;
	c->cpus = array(w, r, cpus, sizeof(cpus[0]) * count);
	c->extent_count = 1 + fz_one_in(r, 6);
	c->extents = array(w, r, extent, sizeof(extent[0]) * c->extent_count);
	/* Now and then whatever has that number: a channel, a device, the log. */
	c->image_fd = fz_one_in(r, 12) ? (int)fz_below(r, 24) : -1;
}

static void good_name(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	fz_name(r, q->name.name);
	q->name.flags = fz_one_in(r, 3) ? REMORA_FORCE : 0;
}

static void good_list(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	q->list.count = fz_below(r, 5);
	q->list.names = array(w, r, NULL, q->list.count * REMORA_NAME_MAX);
}

static void good_stop(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	q->act.flags = fz_one_in(r, 3) ? REMORA_FORCE : 0;
	q->act.timeout_ms = fz_below(r, STOP_MS_TAME);
}

static void good_status(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	struct remora_status *s = &q->status;

	s->core_room = fz_below(r, 4);
	s->extent_room = fz_below(r, 4);
	s->core_size = sizeof(struct remora_core_status) + 8 * (fz_one_in(r, 8) ? fz_below(r, 20) : 0);
	s->cores = array(w, r, NULL, s->core_room * s->core_size);
	s->extents = array(w, r, NULL, s->extent_room * sizeof(struct remora_extent));
}

static void good_console(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	struct remora_console *c = &q->console;

	c->node = 1 + fz_one_in(r, 3);
	c->next = fz_below(r, 20);
	c->count = fz_below(r, 17);
	c->lines = array(w, r, NULL, c->count * sizeof(struct remora_console_line));
}

static void good_bind(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	struct remora_bind *b = &q->bind;

	b->flags = fz_below(r, 8) | (fz_one_in(r, 4) ? 0 : REMORA_BIND_NONBLOCK);
	b->node = 1 + fz_one_in(r, 3);
	b->service = 1 + fz_below(r, 3);
	b->slots = fz_one_in(r, 3) ? 0 : 4u << fz_below(r, 6);
}

static void good_inject(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	q->inject.node = 1 + fz_one_in(r, 3);
	q->inject.kind = fz_one_in(r, 2) ? REMORA_FAULT_RINGS : 1 + fz_below(r, REMORA_FAULT_RINGS);
}

static void good_ping(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	q->ping.node = 1 + fz_below(r, 2);
	q->ping.peer = 3 - q->ping.node;
	q->ping.count = 1 + fz_below(r, PING_COUNT_TAME);
}

static void good_shootdown(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	struct remora_shootdown *s = &q->shootdown;

	s->protocol = 1 + fz_below(r, 4);
	s->method = fz_below(r, 4);
	s->pages = 1 + fz_below(r, 32);
	s->initiator = fz_below(r, 3);
	s->nodes = s->initiator ? 1ull << (3 - s->initiator) : 2ull << fz_below(r, 2);
	s->count = 1 + fz_below(r, PING_COUNT_TAME);
}

static void good_add_cpu(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	struct remora_extent extent = { .bytes = 8 * RT_MIB, .node = -1,
					.source = REMORA_MEMORY_CONTIGUOUS };

	q->add_cpu.cpu = w->shared->cpus[fz_below(r, w->shared->cpu_count)];
	q->add_cpu.extent_count = fz_below(r, 2);
	q->add_cpu.extents = array(w, r, &extent, sizeof(extent));
}

static void good_remove_cpu(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	q->remove_cpu.flags = fz_one_in(r, 3) ? 0 : REMORA_FORCE;
	if (fz_one_in(r, 2))
		q->remove_cpu.node = 1 + fz_below(r, 3);
	else
		q->remove_cpu.cpu = w->shared->cpus[fz_below(r, w->shared->cpu_count)];
	q->remove_cpu.timeout_ms = fz_below(r, STOP_MS_TAME);
}

static void good_memory_add(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	struct remora_extent extent = { .bytes = 2 * RT_MIB, .node = -1,
					.source = REMORA_MEMORY_CONTIGUOUS };

	q->memory_add.node = fz_below(r, 4);
	q->memory_add.extent_count = 1;
	q->memory_add.extents = array(w, r, &extent, sizeof(extent));
}

static void good_memory_remove(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	q->memory_remove.address = ~0ull;
	q->memory_remove.bytes = 2 * RT_MIB;
	q->memory_remove.timeout_ms = fz_below(r, STOP_MS_TAME);
}

/* Few names, so that workers meet at them. */
static void naming(struct fz_rng *r, char *name)
{
	snprintf(name, REMORA_NAMES_NAME_MAX, "%c", 'a' + fz_below(r, 4));
}

static void good_names(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	q->names.flags = fz_below(r, 4) | (fz_one_in(r, 4) ? 0 : REMORA_NAMES_NONBLOCK);
}

static void good_ask(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	struct remora_names_ask *a = &q->ask;

	a->op = 1 + fz_below(r, REMORA_NAMES_OP_AWAIT);
	naming(r, a->name);
	switch (a->op) {
	case REMORA_NAMES_OP_SET:
		a->flags = (unsigned int[]){ 0, 1, 2, 4, 5, 6 }[fz_below(r, 6)];
		a->value[1] = fz_next(r);
		break;
	case REMORA_NAMES_OP_LOCK:
	case REMORA_NAMES_OP_WAIT:
	case REMORA_NAMES_OP_AWAIT:
		a->timeout_ms = (int)fz_below(r, WAIT_MS_TAME);
		break;
	case REMORA_NAMES_OP_BARRIER:
		a->timeout_ms = (int)fz_below(r, WAIT_MS_TAME);
		a->value[0] = 1 + fz_below(r, 3);
		break;
	case REMORA_NAMES_OP_SEMAPHORE:
	case REMORA_NAMES_OP_POST:
		a->value[0] = 1 + fz_below(r, 3);
		break;
	}
}

static void good_names_list(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	struct remora_names_list *l = &q->names_list;

	l->at = fz_one_in(r, 3) ? fz_below(r, 300) : 0;
	l->count = fz_below(r, 5);
	l->record_size = sizeof(struct remora_names_record) + 8 * (fz_one_in(r, 8) ? fz_below(r, 20) : 0);
	l->records = array(w, r, NULL, l->count * l->record_size);
	if (fz_one_in(r, 2))
		naming(r, l->prefix);
}

static void good_watch(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	q->watch.tag = fz_below(r, 3);
	q->watch.flags = fz_one_in(r, 3) ? REMORA_NAMES_UNWATCH : 0;
	if (!q->watch.flags && fz_one_in(r, 2))
		naming(r, q->watch.prefix);
}

static void good_connect(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	q->connect.flags = fz_below(r, 16);
	q->connect.timeout_ms = (int)fz_below(r, WAIT_MS_TAME);
	q->connect.slots = fz_one_in(r, 2) ? 0 : 4u << fz_below(r, 11);
	q->connect.interface = fz_below(r, 2);
	naming(r, q->connect.name);
}

static void good_offer(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	q->offer.flags = fz_below(r, 2);
	q->offer.interface = fz_below(r, 2);
	naming(r, q->offer.name);
}

static void good_accept(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	q->accept.flags = fz_below(r, 8);
	q->accept.timeout_ms = (int)fz_below(r, WAIT_MS_TAME);
}

static void good_refuse(struct fz_worker *w, struct fz_rng *r, union request *q)
{
	q->refuse.reason = fz_below(r, 3);
}

/* Not by way of each other: on its way through a second macro a command would lose its name. */
#define NAMED(name_, command_, target_, weight_, type_, error_, good_)                             \
	{                                                                                          \
		.name = name_, .command = command_, .target = target_, .weight = weight_,          \
		.size = sizeof(type_), .error = error_, .good = good_,                             \
	}
#define ROW(command_, target_, weight_, type_, error_, good_)                                      \
	NAMED(#command_, command_, target_, weight_, type_, error_, good_)
#define ERROR(type_) ((long)offsetof(type_, error))

/* One that says why it was refused. */
#define TOLD(command_, target_, weight_, kind_, good_)                                             \
	NAMED(#command_, command_, target_, weight_, struct remora_##kind_,                        \
	      ERROR(struct remora_##kind_), good_)

static const struct row rows[] = {
	ROW(REMORA_IOC_VERSION, CONTROL, 2, struct remora_version, -1, good_plain),
	TOLD(REMORA_IOC_CREATE, CONTROL, 10, create, good_create),
	TOLD(REMORA_IOC_CHECK, CONTROL, 5, create, good_create),
	TOLD(REMORA_IOC_DESTROY, CONTROL, 1, name, good_name),
	ROW(REMORA_IOC_LIST, CONTROL, 3, struct remora_list, -1, good_list),
	TOLD(REMORA_IOC_START, DEVICE, 16, act, good_plain),
	TOLD(REMORA_IOC_STOP, DEVICE, 2, act, good_stop),
	TOLD(REMORA_IOC_RESET, DEVICE, 3, act, good_plain),
	ROW(REMORA_IOC_STATUS, DEVICE, 12, struct remora_status, -1, good_status),
	ROW(REMORA_IOC_CONSOLE, DEVICE, 10, struct remora_console, -1, good_console),
	TOLD(REMORA_IOC_BIND, DEVICE, 30, bind, good_bind),
	TOLD(REMORA_IOC_INJECT, DEVICE, 2, inject, good_inject),
	TOLD(REMORA_IOC_PEER_PING, DEVICE, 6, peer_ping, good_ping),
	TOLD(REMORA_IOC_SHOOTDOWN, DEVICE, 8, shootdown, good_shootdown),
	TOLD(REMORA_IOC_ADD_CPU, DEVICE, 8, add_cpu, good_add_cpu),
	TOLD(REMORA_IOC_REMOVE_CPU, DEVICE, 4, remove_cpu, good_remove_cpu),
	TOLD(REMORA_IOC_MEMORY_ADD, DEVICE, 4, memory_add, good_memory_add),
	TOLD(REMORA_IOC_MEMORY_REMOVE, DEVICE, 4, memory_remove, good_memory_remove),
	ROW(REMORA_IOC_CHANNEL, CHANNEL, 6, struct remora_channel, -1, good_plain),
	TOLD(REMORA_IOC_NAMES, DEVICE, 4, names_open, good_names),
	TOLD(REMORA_IOC_NAMES_ASK, NAMING, 30, names_ask, good_ask),
	TOLD(REMORA_IOC_NAMES_LIST, NAMING, 4, names_list, good_names_list),
	TOLD(REMORA_IOC_NAMES_WATCH, NAMING, 4, names_watch, good_watch),
	TOLD(REMORA_IOC_NAMES_CONNECT, NAMING, 6, names_connect, good_connect),
	TOLD(REMORA_IOC_NAMES_OFFER, NAMING, 4, names_offer, good_offer),
	TOLD(REMORA_IOC_OFFER_ACCEPT, OFFERING, 4, offer_accept, good_accept),
	TOLD(REMORA_IOC_OFFER_REFUSE, OFFERING, 2, offer_refuse, good_refuse),
	{ .name = "REMORA_IOC_NOTIFY", .command = REMORA_IOC_NOTIFY, .target = CHANNEL, .weight = 8,
	  .error = -1, .good = good_plain },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

_Static_assert(ROWS <= FZ_IOCTLS, "room for the tallies");

/* ---- spoiling ---- */

static __u64 boundary(struct fz_rng *r, __u64 now)
{
	static const __u64 edges[] = {
		0, 1, 2, 3, 4, 7, 8, 63, 64, 65, 127, 255, 4095, 4096, 4097, 0xffff, 0x10000,
		0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff,
		0x8000000000000000, ~0ull, ~0ull - 1, 1000000, 1000001,
	};

	switch (fz_below(r, 6)) {
	case 0: return now + 1;
	case 1: return now - 1;
	case 2: return now ^ 1ull << fz_below(r, 64);
	case 3: return fz_next(r);
	default: return edges[fz_below(r, sizeof(edges) / sizeof(edges[0]))];
	}
}

/* One field, or what follows the last one; the error is the module's to write. */
static void spoil(struct fz_rng *r, const struct row *row, union request *q)
{
	unsigned int end = row->error >= 0 ? (unsigned int)row->error : row->size;
	unsigned int at = 4 + 4 * fz_below(r, (end - 4) / 4 + 2);
	__u64 value = 0;

	if (at % 8 == 0 && fz_one_in(r, 2)) {
		memcpy(&value, q->bytes + at, 8);
		value = boundary(r, value);
		memcpy(q->bytes + at, &value, 8);
	} else {
		q->word[at / 4] = (__u32)boundary(r, q->word[at / 4]);
	}
}

static unsigned int spoil_size(struct fz_rng *r, unsigned int size)
{
	switch (fz_below(r, 5)) {
	case 0: return fz_below(r, size);
	case 1: return size + 4 * fz_below(r, 40);
	case 2: return 4096 + fz_below(r, 2);
	case 3: return (__u32)boundary(r, size);
	default: return size - 4;
	}
}

/* What would keep a worker busy for minutes is asked for only now and then. */
static void tame(struct fz_rng *r, const struct row *row, union request *q)
{
	if (fz_one_in(r, 100))
		return;
	if (row->command == REMORA_IOC_NAMES_ASK && (q->ask.timeout_ms > WAIT_MS_TAME || q->ask.timeout_ms == -1))
		q->ask.timeout_ms = WAIT_MS_TAME;
	if ((row->command == REMORA_IOC_NAMES_CONNECT || row->command == REMORA_IOC_OFFER_ACCEPT) &&
	    (q->connect.timeout_ms > WAIT_MS_TAME || q->connect.timeout_ms == -1))
		q->connect.timeout_ms = WAIT_MS_TAME;
	if (row->command == REMORA_IOC_PEER_PING)
		q->ping.count %= q->ping.count > 1000000 ? ~0u : PING_COUNT_TAME + 1;
	if (row->command == REMORA_IOC_SHOOTDOWN)
		q->shootdown.count %= q->shootdown.count > 1000000 ? ~0u : PING_COUNT_TAME + 1;
	if (row->command == REMORA_IOC_STOP)
		q->act.timeout_ms %= q->act.timeout_ms > 60000 ? ~0u : STOP_MS_TAME;
	if (row->command == REMORA_IOC_REMOVE_CPU)
		q->remove_cpu.timeout_ms %= q->remove_cpu.timeout_ms > 60000 ? ~0u : STOP_MS_TAME;
	if (row->command == REMORA_IOC_MEMORY_REMOVE)
		q->memory_remove.timeout_ms %= q->memory_remove.timeout_ms > 60000 ? ~0u : STOP_MS_TAME;
}

/* ---- the call ---- */

unsigned int fz_ioctl_count(void)
{
	return ROWS;
}

const char *fz_ioctl_name(unsigned int which)
{
	return rows[which].name;
}

bool fz_ioctl_alone(unsigned int which)
{
	return rows[which].command != REMORA_IOC_NAMES_CONNECT &&
	       rows[which].command != REMORA_IOC_OFFER_ACCEPT &&
	       rows[which].command != REMORA_IOC_OFFER_REFUSE;
}

int fz_ioctl_find(unsigned long command)
{
	int i = 0;

	while (rows[i].command != command)
		i++;
	return i;
}

static int choose_row(struct fz_rng *r)
{
	unsigned int total = 0, i;

	for (i = 0; i < ROWS; i++)
		total += rows[i].weight;
	total = fz_below(r, total);
	for (i = 0; total >= rows[i].weight; i++)
		total -= rows[i].weight;
	return (int)i;
}

static int *choose_slot(struct fz_worker *w, struct fz_rng *r, enum target target)
{
	switch (target) {
	case CONTROL: return &w->process->control[fz_below(r, FZ_CONTROLS)];
	case DEVICE: return &w->process->device[fz_below(r, FZ_DEVICES)];
	case NAMING: return &w->process->names[fz_below(r, FZ_NAMING)];
	case OFFERING: return &w->process->offer[fz_below(r, FZ_OFFERS)];
	default: return &w->process->channel[fz_below(r, FZ_CHANNELS)];
	}
}

static void note_reason(struct fz_worker *w, const struct row *row, const unsigned char *at,
			unsigned int size)
{
	__u32 reason;

	if (row->error < 0 || size < row->size || !fz_readable(w, at, row->size))
		return;
	memcpy(&reason, at + row->error, sizeof(reason));
	if (reason < FZ_REASONS)
		__atomic_fetch_add(&w->shared->reasons[reason], 1, __ATOMIC_RELAXED);
}

long fz_ioctl(struct fz_worker *w, struct fz_rng *r, int which)
{
	const struct row *row = &rows[which < 0 ? choose_row(r) : which];
	union request q = { 0 };
	unsigned char *at;
	unsigned int size = row->size;
	int *slot;
	long ret;

	row->good(w, r, &q);
	if (size && fz_one_in(r, 3))
		for (unsigned int n = 1 + fz_below(r, 2); n; n--)
			spoil(r, row, &q);
	tame(r, row, &q);
	if (size && fz_one_in(r, 12))
		size = spoil_size(r, size);
	if (row->size)
		q.word[0] = size;
	/* At times the wrong kind of file altogether. */
	slot = choose_slot(w, r, fz_one_in(r, 40) ? fz_below(r, TARGETS) : row->target);
	at = fz_place(w, r, row->size ?: 8);
	fz_digest(w, &row->command, sizeof(row->command));
	fz_digest(w, &q, sizeof(q));
	fz_digest(w, &at, sizeof(at));
	fz_digest(w, &(ptrdiff_t){ slot - w->process->control }, sizeof(ptrdiff_t));
	if (w->shared->dry)
		return 0;
	fz_fill(w, r, at, &q, row->size);
	if (size > row->size && fz_readable(w, at, sizeof(q)))
		fz_fill(w, r, at, &q, sizeof(q));
	ret = ioctl(fz_fd(w, slot), row->command, at);
	fz_note(&w->shared->ioctls[row - rows], ret);
	/* A partition that is gone: the next user of the slot looks for its successor. */
	if (ret < 0 && errno == ENODEV && (row->target == DEVICE || row->target == NAMING))
		fz_put(slot, -1);
	if (ret < 0)
		note_reason(w, row, at, size);
	else if (row->command == REMORA_IOC_BIND)
		fz_put(&w->process->channel[fz_below(r, FZ_CHANNELS)], ret);
	else if (row->command == REMORA_IOC_NAMES)
		fz_put(&w->process->names[fz_below(r, FZ_NAMING)], ret);
	else if (row->command == REMORA_IOC_NAMES_OFFER)
		fz_put(&w->process->offer[fz_below(r, FZ_OFFERS)], ret);
	else if (row->command == REMORA_IOC_NAMES_CONNECT || row->command == REMORA_IOC_OFFER_ACCEPT)
		fz_put(&w->process->channel[fz_below(r, FZ_CHANNELS)], ret);
	return ret;
}
