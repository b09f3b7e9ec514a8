// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Who is told of changes: watches of names by prefix, and those who await a name. All of it is
 * local.
 */
#include "names_priv.h"

static uint32_t length_of(const char *name)
{
	uint32_t length = 0;

	while (length < NAMES_NAME_BYTES && name[length])
		length++;
	return length;
}

static bool matches(const struct names_watch *w, const char *name)
{
	if (__builtin_memcmp(w->name, name, w->length))
		return false;
	return w->kind == WATCH_CHANGES || !name[w->length];
}

/* An entry for @domain; NULL: it, or the node, has no more. */
static struct names_watch *take(struct names *n, uint32_t domain, uint8_t kind, const char *name)
{
	struct names_watch *found = NULL;
	uint32_t have = 0;

	for (uint32_t i = 0; i < n->memory.watch_count; i++) {
		struct names_watch *w = &n->memory.watches[i];

		if (w->kind == WATCH_FREE)
			found = found ? found : w;
		else
			have += w->domain == domain;
	}
	if (!found || have >= n->memory.domain_watches)
		return NULL;
	found->kind = kind;
	found->domain = domain;
	found->length = length_of(name);
	found->deadline = PROTOCOL_NEVER;
	__builtin_memcpy(found->name, name, found->length);
	return found;
}

static void release(struct names_watch *w)
{
	__builtin_memset(w, 0, sizeof(*w));
}

int names_await(struct names *n, uint32_t domain, uint64_t tag, const char *name,
		uint64_t deadline, uint64_t now)
{
	const struct names_slot *s = names_get(n, name);
	struct names_watch *w;

	n->now = now;
	if (!names_name_good(name) || domain == NAMES_NOBODY)
		return NAMES_INVALID;
	if (n->state == STATE_STOPPED)
		return NAMES_STOPPED;
	if (s && s->kind == NAMES_RECORD) {
		n->hooks.answer(n->ctx, domain, tag, NAMES_OK, s);
		return 0;
	}
	w = take(n, domain, WATCH_AWAIT, name);
	if (!w)
		return NAMES_WATCHES;
	w->tag = tag;
	w->deadline = deadline;
	return 0;
}

int names_watch(struct names *n, uint32_t domain, uint64_t tag, const char *prefix)
{
	struct names_watch *w;

	if (length_of(prefix) == NAMES_NAME_BYTES || domain == NAMES_NOBODY)
		return NAMES_INVALID;
	if (n->state == STATE_STOPPED)
		return NAMES_STOPPED;
	w = take(n, domain, WATCH_CHANGES, prefix);
	if (!w)
		return NAMES_WATCHES;
	w->tag = tag;
	return 0;
}

bool names_unwatch(struct names *n, uint32_t domain, uint64_t tag)
{
	for (uint32_t i = 0; i < n->memory.watch_count; i++) {
		struct names_watch *w = &n->memory.watches[i];

		if (w->kind == WATCH_CHANGES && w->domain == domain && w->tag == tag) {
			release(w);
			return true;
		}
	}
	return false;
}

bool names_watch_give_up(struct names *n, uint32_t domain, uint64_t tag, uint64_t now)
{
	bool found = false;

	for (uint32_t i = 0; i < n->memory.watch_count; i++) {
		struct names_watch *w = &n->memory.watches[i];

		if (w->kind != WATCH_AWAIT || w->domain != domain || w->tag != tag)
			continue;
		w->deadline = now;
		found = true;
	}
	return found;
}

void names_unwatch_domain(struct names *n, uint32_t domain)
{
	for (uint32_t i = 0; i < n->memory.watch_count; i++)
		if (n->memory.watches[i].kind && n->memory.watches[i].domain == domain)
			release(&n->memory.watches[i]);
}

void names_watch_stop(struct names *n)
{
	for (uint32_t i = 0; i < n->memory.watch_count; i++) {
		struct names_watch *w = &n->memory.watches[i];

		if (w->kind == WATCH_AWAIT)
			n->hooks.answer(n->ctx, w->domain, w->tag, NAMES_STOPPED, NULL);
		release(w);
	}
}

/* The table has come in one piece: what it holds was told to nobody. */
void names_watch_ready(struct names *n)
{
	for (uint32_t i = 0; i < n->memory.watch_count; i++) {
		struct names_watch *w = &n->memory.watches[i];
		const struct names_slot *s;

		if (w->kind == WATCH_CHANGES)
			w->missed = true;
		if (w->kind != WATCH_AWAIT)
			continue;
		s = names_get(n, w->name);
		if (!s || s->kind != NAMES_RECORD)
			continue;
		n->hooks.answer(n->ctx, w->domain, w->tag, NAMES_OK, s);
		release(w);
	}
}

/* First that something was missed, if so; false: not even that could be told. */
static bool tell_missed(struct names *n, struct names_watch *w)
{
	if (w->missed && !n->hooks.changed(n->ctx, w->domain, w->tag, NAMES_MISSED, NULL))
		return false;
	w->missed = false;
	return true;
}

void names_changed(struct names *n, enum names_what what, uint16_t slot)
{
	const struct names_slot *s = &n->memory.slots[slot];

	for (uint32_t i = 0; i < n->memory.watch_count; i++) {
		struct names_watch *w = &n->memory.watches[i];

		if (w->kind == WATCH_FREE || !matches(w, s->name))
			continue;
		if (w->kind == WATCH_AWAIT) {
			/* There was no such record, so this makes it. */
			n->hooks.answer(n->ctx, w->domain, w->tag, NAMES_OK, s);
			release(w);
		} else if (!tell_missed(n, w) ||
			   !n->hooks.changed(n->ctx, w->domain, w->tag, what, s)) {
			w->missed = true;
			n->counts.missed++;
		}
	}
}

/* Deadlines of those who await a name; and who missed something is told as soon as that works. */
uint64_t names_watch_tick(struct names *n)
{
	uint64_t next = PROTOCOL_NEVER;

	for (uint32_t i = 0; i < n->memory.watch_count; i++) {
		struct names_watch *w = &n->memory.watches[i];

		if (w->kind == WATCH_CHANGES)
			tell_missed(n, w);
		if (w->kind != WATCH_AWAIT)
			continue;
		if (w->deadline > n->now) {
			next = w->deadline < next ? w->deadline : next;
			continue;
		}
		n->hooks.answer(n->ctx, w->domain, w->tag, NAMES_TIMEOUT, NULL);
		release(w);
	}
	return next;
}
