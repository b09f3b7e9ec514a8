// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ring 3 names by address, reached page by page through the window, after a walk of its page
 * tables: an address that it cannot use itself is no fault here.
 */
#include <base/string.h>

#include <dispatcher.h>

static void *part_of(const struct dispatcher *d, uint64_t va, bool write, uint64_t *part)
{
	uint64_t room = ABI_PAGE_SIZE - va % ABI_PAGE_SIZE, pa;

	*part = room < *part ? room : *part;
	return arch_space_find(d->context.root, va, write, &pa) ? memory_at(pa) : NULL;
}

bool dispatcher_copy_in(const struct dispatcher *d, void *to, uint64_t from, uint64_t bytes)
{
	while (bytes) {
		uint64_t part = bytes;
		const void *at = part_of(d, from, false, &part);

		if (!at)
			return false;
		memcpy(to, at, part);
		to = (char *)to + part;
		from += part;
		bytes -= part;
	}
	return true;
}

bool dispatcher_copy_out(const struct dispatcher *d, uint64_t to, const void *from, uint64_t bytes)
{
	while (bytes) {
		uint64_t part = bytes;
		void *at = part_of(d, to, true, &part);

		if (!at)
			return false;
		memcpy(at, from, part);
		from = (const char *)from + part;
		to += part;
		bytes -= part;
	}
	return true;
}
