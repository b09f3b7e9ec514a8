// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parts of jobs on this node: a program each, whose file comes in pieces from the node of who asked. The
 * machine's hooks and the pieces only leave a note here; made_work() acts on it. What such a program writes
 * are lines on the core's console.
 */
#include <abi/if/image.h>
#include <base/string.h>

#include <domain.h>
#include <image.h>
#include <member.h>
#include <startup.h>
#include <stream.h>

#define LATE_US (SPAWND_START_US / 10 * 8) /* before node 0 gives up, and takes this node for stuck */
#define LINE 160u
#define LINES_A_TURN 8u
#define STRINGS (SPAWND_ARGS_BYTES - sizeof(struct image_args))

enum state { FREE, NEW, LOADING, READY, RUNNING };

/**
 * struct made - a part
 * @got:     bytes of the file that have come; @asked: a piece is on its way
 * @go, @end, @lost: told by a hook; the file is gone
 * @due:     the file is there by then, or the program will not be made
 * @failed:  enum spawnd_error, when it cannot be made
 */
static struct made {
	enum state state;
	bool asked, go, end, lost;
	uint32_t failed;
	uint64_t job;
	uint64_t image;
	uint64_t due;
	uint64_t bytes;
	uint64_t got;
	uint64_t taken[ABI_STREAMS];
	struct domain *domain;
	struct image_args args;
	uint32_t string_bytes;
	char strings[STRINGS];
	uint8_t head[ELF64_HEAD_BYTES];
} made[MADE_MAX];

void made_init(void)
{
	memset(made, 0, sizeof(made));
}

static struct made *made_of(uint64_t job)
{
	for (uint32_t i = 0; i < MADE_MAX; i++) {
		if (made[i].state != FREE && made[i].job == job)
			return &made[i];
	}
	return NULL;
}

/* ---- notes ---- */

/* There are as many places as the machine has parts. */
void made_start(void *ctx, const struct spawnd_begin *begin)
{
	struct made *m = made;

	(void)ctx;
	while (m < made + MADE_MAX && m->state != FREE)
		m++;
	if (m == made + MADE_MAX)
		return;
	memset(m, 0, sizeof(*m));
	jobs_note();
	m->state = NEW;
	m->job = begin->job;
	m->image = begin->image;
	m->bytes = begin->image_bytes;
	if (begin->args_bytes < sizeof(m->args) || begin->args_bytes - sizeof(m->args) > STRINGS) {
		m->failed = SPAWND_E_IMAGE;
		return;
	}
	memcpy(&m->args, begin->args, sizeof(m->args));
	m->string_bytes = begin->args_bytes - (uint32_t)sizeof(m->args);
	memcpy(m->strings, begin->args + sizeof(m->args), m->string_bytes);
}

void made_go(void *ctx, uint64_t job)
{
	struct made *m = made_of(job);

	(void)ctx;
	jobs_note();
	if (m)
		m->go = true;
}

void made_end(void *ctx, uint64_t job)
{
	struct made *m = made_of(job);

	(void)ctx;
	jobs_note();
	if (m)
		m->end = true;
}

/* Only the node of who asked has the file. */
static struct made *fetching(uint32_t from, uint64_t image)
{
	for (uint32_t i = 0; i < MADE_MAX; i++) {
		if (made[i].state == LOADING && made[i].asked && made[i].image == image &&
		    from == IMAGE_NODE(image))
			return &made[i];
	}
	return NULL;
}

void made_gone(uint32_t from, uint64_t image)
{
	struct made *m = fetching(from, image);

	jobs_note();
	if (m)
		m->lost = true;
}

/* ---- made ---- */

static uint32_t head_bytes(const struct made *m)
{
	return m->bytes < sizeof(m->head) ? (uint32_t)m->bytes : sizeof(m->head);
}

static uint32_t why_not(int rc)
{
	return rc == -MON_ENOMEM ? SPAWND_E_MEMORY : rc == -MON_ENOEXEC ? SPAWND_E_IMAGE : SPAWND_E_PARTS;
}

static void make(struct made *m)
{
	const struct abi_spawn_start start = { .elf_bytes = m->bytes,
					       .ram_bytes = m->args.ram_bytes,
					       .argc = m->args.argc,
					       .environ_count = m->args.environ_count };
	const struct domain_wish wish = { .start = &start, .strings = m->strings,
					  .string_bytes = m->string_bytes, .head = m->head,
					  .head_bytes = head_bytes(m) };
	char why[DOMAIN_SENTENCE];
	int rc = domain_make(&wish, NULL, &m->domain, why);

	if (rc) {
		m->failed = why_not(rc);
		m->domain = NULL;
		mon_print("a program of another program was not started: %s", why);
	} else if (domain_load(m->domain, 0, m->head, head_bytes(m))) {
		m->failed = SPAWND_E_MEMORY;
	}
}

void made_piece(uint32_t from, uint64_t image, uint64_t offset, const void *data, uint32_t bytes)
{
	struct made *m = fetching(from, image);
	uint32_t used = 0;

	if (!m || m->failed || offset != m->got || bytes > m->bytes - m->got)
		return;
	m->asked = false;
	jobs_note();
	if (m->got < head_bytes(m)) {
		used = head_bytes(m) - (uint32_t)m->got;
		used = used < bytes ? used : bytes;
		memcpy(m->head + m->got, data, used);
		if (m->got + used == head_bytes(m))
			make(m);
	}
	if (!m->failed && used < bytes &&
	    domain_load(m->domain, m->got + used, (const char *)data + used, bytes - used))
		m->failed = SPAWND_E_MEMORY;
	m->got += bytes;
}

static void check(struct made *m)
{
	uint32_t strings = m->args.argc + m->args.environ_count;

	if (!m->bytes || m->bytes > ABI_SPAWN_ELF_MAX || !m->args.argc ||
	    m->args.argc > m->string_bytes || m->args.environ_count > m->string_bytes ||
	    startup_strings(m->strings, m->string_bytes, strings) != m->string_bytes)
		m->failed = SPAWND_E_IMAGE;
	m->due = member_enter()->now + LATE_US;
	member_leave();
	m->state = LOADING;
}

uint64_t made_due(void)
{
	uint64_t due = PROTOCOL_NEVER;

	for (uint32_t i = 0; i < MADE_MAX; i++) {
		if (made[i].state == LOADING && made[i].due < due)
			due = made[i].due;
	}
	return due;
}

static bool late(const struct made *m)
{
	bool late = member_enter()->now >= m->due;

	member_leave();
	return late;
}

static void fetch(struct made *m)
{
	uint64_t left = m->bytes - m->got;
	const struct image_fetch ask = { .image = m->image, .offset = m->got,
					 .bytes = left < IMAGE_PIECE ? (uint32_t)left : IMAGE_PIECE };
	uint32_t from = IMAGE_NODE(m->image);
	struct node *n;

	m->asked = true;
	if (from == domains_place()->node) {
		if (image_fetch(from, ask.image, ask.offset, ask.bytes))
			m->lost = true;
		return;
	}
	n = member_enter();
	/* Who is gone does not answer. */
	if (protocol_set_has(&view_current(&n->view)->members, from))
		image_fetch_out(&n->port, from, &ask);
	else
		m->lost = true;
	member_leave();
}

/* ---- told ---- */

static void drop(struct made *m)
{
	if (m->domain)
		domain_end(m->domain);
	m->domain = NULL;
	m->state = FREE;
}

static void tell_ready(struct made *m, uint32_t error)
{
	struct node *n;
	uint64_t job = m->job;

	m->state = READY;
	if (error)
		drop(m);
	n = member_enter();
	spawnd_ready(jobs_machine(), job, error, n->now);
	member_leave();
}

static void tell_ended(struct made *m, uint32_t how, int32_t status)
{
	uint64_t job = m->job;
	struct node *n;

	drop(m);
	n = member_enter();
	spawnd_ended(jobs_machine(), job, how, status, n->now);
	member_leave();
}

/* ---- running ---- */

/* A line that is there, or as much as fits one. @all: also what is no whole line yet */
static bool print_line(struct made *m, uint32_t which, bool all)
{
	char line[LINE + 1];
	uint32_t count = stream_peek(m->domain->stream, which, m->taken[which], line, LINE), length = 0;

	while (length < count && line[length] != '\n')
		length++;
	if (!count || (length == count && count < LINE && !all))
		return false;
	for (uint32_t i = 0; i < length; i++)
		line[i] = line[i] < ' ' || line[i] > '~' ? '.' : line[i];
	if (stream_taken(m->domain->stream, which, &m->taken[which], length + (length < count)))
		m->domain->notify = true;
	line[length] = 0;
	mon_print("%s: %s", m->domain->name, line);
	return true;
}

/* Return: true: there may be more. */
static bool print(struct made *m, bool all)
{
	uint32_t lines = 0;

	for (uint32_t which = ABI_STREAM_OUTPUT; which < ABI_STREAMS; which++) {
		while (lines < LINES_A_TURN && print_line(m, which, all))
			lines++;
	}
	return lines == LINES_A_TURN;
}

static bool watch(struct made *m)
{
	static const uint32_t hows[] = { [ABI_SPAWN_RETURNED] = SPAWND_RETURNED,
					 [ABI_SPAWN_DIED] = SPAWND_FAULT,
					 [ABI_SPAWN_KILLED] = SPAWND_WAS_KILLED,
					 [ABI_SPAWN_INTERRUPTED] = SPAWND_WAS_KILLED };
	struct abi_spawn_exited exited;
	char why[DOMAIN_SENTENCE];
	bool over = domain_over(m->domain, &exited, why);

	if (print(m, over))
		return true;
	if (m->domain->notify)
		domain_notify(m->domain);
	if (over) {
		if (exited.how != ABI_SPAWN_RETURNED)
			mon_print("%s: %s", m->domain->name, why);
		tell_ended(m, hows[exited.how], exited.status);
	}
	return false;
}

static void run(struct made *m)
{
	m->state = RUNNING;
	stream_end(m->domain->stream);
	if (!m->domain->killed && domain_run(m->domain))
		tell_ended(m, SPAWND_FAULT, 126);
}

static bool step(struct made *m)
{
	if (m->state == NEW)
		check(m);
	if (m->state == LOADING) {
		if (m->failed || m->lost)
			tell_ready(m, m->failed ? m->failed : SPAWND_E_IMAGE);
		else if (m->got == m->bytes)
			tell_ready(m, SPAWND_OK);
		else if (late(m))
			tell_ready(m, SPAWND_E_LATE);
		else if (!m->asked)
			fetch(m);
	}
	if (m->end && m->state >= READY) {
		domain_kill(m->domain, ABI_SPAWN_KILLED);
		m->state = RUNNING;
	}
	if (m->go && m->state == READY)
		run(m);
	return m->state == RUNNING && watch(m);
}

bool made_work(void)
{
	bool more = false;

	for (uint32_t i = 0; i < MADE_MAX; i++)
		more |= made[i].state != FREE && step(&made[i]);
	return more;
}
