// SPDX-License-Identifier: GPL-2.0-only
/* LIST: an ENTRY for each program, then COUNTS; as far as there is room, then in later turns. */
#include <base/string.h>

#include <caps.h>
#include <memory.h>
#include <session.h>

int verb_list(struct session *s, const void *data, uint32_t bytes)
{
	struct abi_spawn_ask ask;

	(void)bytes;
	memcpy(&ask, data, sizeof(ask));
	s->listing = true;
	s->list_tag = ask.tag;
	s->list_next = 0;
	list_work(s);
	return 0;
}

static uint64_t kernel_count(enum abi_kernel_count what)
{
	const uint64_t arg[3] = { what, 0, 0 };
	uint64_t value = 0;

	mon_object(ABI_KERNEL_COUNT, caps_root(ABI_SLOT_KERNEL), arg, &value);
	return value;
}

bool list_work(struct session *s)
{
	struct abi_spawn_counts counts = { .tag = s->list_tag };

	for (; s->list_next < DOMAINS_MAX; s->list_next++) {
		struct abi_spawn_entry entry = { .tag = s->list_tag };
		struct domain *d = domain_at(s->list_next);

		if (!d)
			continue;
		domain_entry(d, &entry);
		if (session_send(s, ABI_SPAWN_ENTRY, &entry, sizeof(entry)))
			return true;
	}
	counts.domains = domains_count();
	counts.ram_free = memory_free();
	counts.ram_total = memory_total();
	counts.caps = kernel_count(ABI_KERNEL_COUNT_CAPS);
	counts.kernel_pages = kernel_count(ABI_KERNEL_COUNT_PAGES);
	counts.spawned = domains_spawned();
	if (session_send(s, ABI_SPAWN_COUNTS, &counts, sizeof(counts)))
		return true;
	s->listing = false;
	return false;
}
