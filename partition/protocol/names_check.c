// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * What must be true of a table of names: of one that came from node 0, and in tests after each
 * step.
 */
#include "names_priv.h"

bool names_name_good(const char *name)
{
	uint32_t length = 0;

	while (length < NAMES_NAME_BYTES && name[length])
		length++;
	return length && length < NAMES_NAME_BYTES;
}

/* Nothing behind the name's end, or replicas with equal names would differ. */
static bool clean_name(const char *name)
{
	bool ended = false;

	for (uint32_t i = 0; i < NAMES_NAME_BYTES; i++) {
		if (ended && name[i])
			return false;
		ended |= !name[i];
	}
	return ended;
}

static bool slot_number(const struct names *n, uint16_t i)
{
	return i == NAMES_NONE || i < n->limits.slots;
}

bool names_slot_sane(const struct names *n, const struct names_slot *s)
{
	static const struct names_slot free_slot;

	if (s->kind == NAMES_FREE)
		return !__builtin_memcmp(s, &free_slot, sizeof(*s));
	return s->kind < NAMES_KIND_COUNT && s->node < PROTOCOL_NODES_MAX &&
	       slot_number(n, s->first) && slot_number(n, s->last) && slot_number(n, s->next) &&
	       clean_name(s->name) && !s->name[0] == (s->kind == NAMES_WAITER) &&
	       (s->flags & ~(NAMES_EPHEMERAL | NAMES_SHARED)) == 0;
}

/* The queue of @i: each is a waiter for it, the last one is known; Return: how many, or ~0. */
static uint32_t queue_length(const struct names *n, uint32_t i)
{
	const struct names_slot *slots = n->memory.slots;
	uint16_t last = NAMES_NONE, w = slots[i].first;
	uint32_t length = 0;

	for (; w != NAMES_NONE; w = slots[w].next) {
		if (slots[w].kind != NAMES_WAITER || slots[w].first != i ||
		    ++length > n->limits.slots)
			return ~0u;
		last = w;
	}
	return slots[i].last == last ? length : ~0u;
}

static bool queue_sane(const struct names *n, uint32_t i, uint32_t length)
{
	const struct names_slot *s = &n->memory.slots[i];

	switch (s->kind) {
	case NAMES_RECORD:
		return !length;
	case NAMES_SEMAPHORE:
		return (!length || !s->value[0]) && s->value[0] <= NAMES_COUNT_MAX;
	case NAMES_BARRIER:
		return length && s->value[1] == length && length < s->value[0] &&
		       s->node == n->memory.slots[s->first].node &&
		       s->domain == n->memory.slots[s->first].domain;
	default:
		return true;
	}
}

/* Every chain ends, and finds exactly the slots that belong into it. */
static bool index_sane(const struct names *n)
{
	const struct names_index *index = n->memory.index;
	uint32_t used = 0, named = 0, by_owner = 0, by_name = 0;

	for (uint32_t i = 0; i < n->limits.slots; i++) {
		const struct names_slot *s = &n->memory.slots[i];
		uint16_t at;

		used += s->kind != NAMES_FREE;
		named += s->kind != NAMES_FREE && s->kind != NAMES_WAITER;
		if (s->kind == NAMES_FREE && i < n->free_hint)
			return false;
		if (s->kind && s->kind != NAMES_WAITER && names_find(n, s->name) != i)
			return false;
		for (at = index[i].name; at != NAMES_NONE; at = index[at].name_next)
			if (++by_name > n->limits.slots)
				return false;
		for (at = index[i].owner; at != NAMES_NONE; at = index[at].owner_next)
			if (++by_owner > n->limits.slots)
				return false;
	}
	return used == by_owner && named == by_name;
}

bool names_check(const struct names *n)
{
	uint32_t waiters = 0, queued = 0;

	for (uint32_t i = 0; i < n->limits.slots; i++) {
		const struct names_slot *s = &n->memory.slots[i];
		uint32_t length;

		if (!names_slot_sane(n, s))
			return false;
		if (s->kind == NAMES_WAITER) {
			waiters++;
			continue;
		}
		if (!s->kind)
			continue;
		length = queue_length(n, i);
		if (length == ~0u || !queue_sane(n, i, length))
			return false;
		queued += length;
	}
	return waiters == queued && index_sane(n);
}

uint64_t names_hash(const struct names *n)
{
	uint64_t hash = 0xcbf29ce484222325ull ^ n->counts.applied;

	for (uint32_t i = 0; i < n->limits.slots; i++) {
		uint64_t words[sizeof(struct names_slot) / 8];

		if (!n->memory.slots[i].kind)
			continue;
		__builtin_memcpy(words, &n->memory.slots[i], sizeof(words));
		hash = (hash ^ i) * 0x9e3779b97f4a7c15ull;
		for (uint32_t w = 0; w < sizeof(words) / 8; w++) {
			hash = (hash ^ words[w]) * 0x9e3779b97f4a7c15ull;
			hash ^= hash >> 29;
		}
	}
	return hash;
}
