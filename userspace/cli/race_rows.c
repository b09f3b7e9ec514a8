// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of the race: keeping, finding, subtracting. No input or output.
 */
#include <stdlib.h>
#include <string.h>

#include "race.h"

struct race_row *race_add(struct race *race, const struct race_row *words)
{
	struct race_row *rows =
		realloc(race->rows, (race->row_count + 1) * sizeof(*rows)), *row;

	if (!rows)
		return NULL;
	race->rows = rows;
	row = &rows[race->row_count++];
	*row = *words;
	row->flushes = row->ipis = row->foreign = RACE_UNCOUNTED;
	return row;
}

const struct race_row *race_call_row(const struct race *race, const char *call, uint32_t others,
				     uint32_t pages)
{
	for (size_t i = 0; i < race->row_count; i++) {
		const struct race_row *row = &race->rows[i];

		if (row->call && !strcmp(row->call, call) && row->others == others &&
		    (!row->pages || row->pages == pages) && row->times.count)
			return row;
	}
	return NULL;
}

const struct race_row *race_message_row(const struct race *race, const struct race_row *words)
{
	for (size_t i = 0; i < race->row_count; i++) {
		const struct race_row *row = &race->rows[i];

		if (!row->call && row->protocol == words->protocol &&
		    row->method == words->method && row->initiator == words->initiator &&
		    row->others == words->others && (!row->pages || row->pages == words->pages) &&
		    row->times.count)
			return row;
	}
	return NULL;
}

bool race_part(const struct race *race, const char *call, uint32_t others, uint32_t pages,
	       int64_t *part)
{
	const struct race_row *with = race_call_row(race, call, others, pages);
	const struct race_row *alone = race_call_row(race, call, 0, pages);

	if (!with || !alone)
		return false;
	*part = (int64_t)with->times.median - (int64_t)alone->times.median;
	return true;
}

const struct race_row *race_best(const struct race *race, uint32_t others, uint32_t pages)
{
	const struct race_row *best = NULL;

	for (uint32_t protocol = 1; race_protocol_name(protocol); protocol++) {
		struct race_row words = {
			.protocol = protocol,
			.method = REMORA_SHOOTDOWN_BY_PAGE,
			.others = others,
			.pages = pages,
		};
		const struct race_row *row = race_message_row(race, &words);

		if (row && (!best || row->times.median < best->times.median))
			best = row;
	}
	return best;
}

struct stats race_merge(const struct stats *parts, size_t count)
{
	uint64_t medians[RACE_ROUNDS];
	struct stats all = { .min = UINT64_MAX };
	size_t used = 0;

	for (size_t i = 0; i < count && used < RACE_ROUNDS; i++) {
		if (!parts[i].count)
			continue;
		medians[used++] = parts[i].median;
		all.count += parts[i].count;
		all.min = parts[i].min < all.min ? parts[i].min : all.min;
		all.p99 = parts[i].p99 > all.p99 ? parts[i].p99 : all.p99;
		all.max = parts[i].max > all.max ? parts[i].max : all.max;
	}
	if (!used)
		return (struct stats){ 0 };
	all.median = stats_of(medians, used).median;
	return all;
}

uint32_t race_default_counts(uint32_t cpus, uint32_t *counts)
{
	uint32_t used = 0;

	for (uint32_t n = 1; n < cpus; n *= 2)
		counts[used++] = n;
	counts[used++] = cpus;
	return used;
}

const char *race_protocol_name(uint32_t protocol)
{
	switch (protocol) {
	case REMORA_SHOOTDOWN_BROADCAST:
		return "broadcast";
	case REMORA_SHOOTDOWN_UNICAST:
		return "unicast";
	case REMORA_SHOOTDOWN_MULTICAST:
		return "multicast";
	case REMORA_SHOOTDOWN_NUMA_MULTICAST:
		return "numa";
	}
	return NULL;
}

const char *race_method_name(uint32_t method)
{
	switch (method) {
	case REMORA_SHOOTDOWN_BY_NONE:
		return "none";
	case REMORA_SHOOTDOWN_BY_PAGE:
		return "page";
	case REMORA_SHOOTDOWN_BY_PCID:
		return "pcid";
	case REMORA_SHOOTDOWN_BY_FULL:
		return "full";
	}
	return NULL;
}

/* The number of the word of @length, or 32. */
static uint32_t number_of(const char *word, size_t length, const char *(*name)(uint32_t number))
{
	for (uint32_t number = 0; number < 32; number++) {
		const char *known = name(number);

		if (known && strlen(known) == length && !strncmp(known, word, length))
			return number;
	}
	return 32;
}

bool race_parse_words(const char *text, const char *(*name)(uint32_t number), uint32_t *mask,
		      const char **bad)
{
	*mask = 0;
	for (;;) {
		size_t length = strcspn(text, ",");
		uint32_t number = number_of(text, length, name);

		if (number == 32) {
			*bad = text;
			return false;
		}
		*mask |= 1u << number;
		if (!text[length])
			return true;
		text += length + 1;
	}
}
