// SPDX-License-Identifier: GPL-2.0-only
#include <base/elf64.h>
#include <base/string.h>

#include <startup.h>

uint32_t startup_strings(const char *strings, uint32_t bytes, uint32_t count)
{
	uint32_t at = 0;

	while (count && at < bytes) {
		if (!strings[at++])
			count--;
	}
	return count ? 0 : at;
}

void startup_name(const struct domain_wish *wish, char name[ABI_SPAWN_NAME_MAX])
{
	const char *from = wish->start->name;
	uint32_t room = ABI_SPAWN_NAME_MAX, n = 0;

	if (!*from && wish->start->argc) {
		from = wish->strings;
		for (const char *c = from; *c; c++) {
			if (*c == '/' && c[1])
				from = c + 1;
		}
		room = wish->string_bytes - (uint32_t)(from - wish->strings);
	}
	while (n < room && n < ABI_SPAWN_NAME_MAX - 1 && from[n]) {
		name[n] = from[n] > ' ' && from[n] < 127 ? from[n] : '_';
		n++;
	}
	name[n] = 0;
	if (!n)
		base_strcopy(name, "program", ABI_SPAWN_NAME_MAX);
}

/* Random enough for a hash table: no secret. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

static void write_program(struct abi_startup *to, const struct domain_wish *wish,
			  const struct plan *plan)
{
	struct elf64_segment tls;

	to->phdr = elf64_headers(wish->head, &to->phdr_count);
	to->entry = elf64_entry(wish->head);
	to->program = plan->program;
	to->program_bytes = plan->program_bytes;
	to->ram_bytes = plan->rest_bytes;
	if (!elf64_tls(wish->head, &tls))
		return;
	to->tls = tls.address;
	to->tls_file_bytes = tls.file_bytes;
	to->tls_bytes = tls.memory_bytes;
	to->tls_align = tls.align;
}

void startup_write(struct abi_startup *to, const struct domain_wish *wish, const struct plan *plan,
		   const struct domain_place *place, uint32_t number, uint64_t now)
{
	const struct abi_spawn_start *start = wish->start;

	to->revision = ABI_STARTUP_REVISION;
	to->bytes = sizeof(*to) + wish->string_bytes;
	to->node = place->node;
	to->nodes = place->nodes;
	to->domain = number;
	to->argc = start->argc;
	to->argv = sizeof(*to);
	to->environ = to->argv + startup_strings(wish->strings, wish->string_bytes, start->argc);
	to->environ_count = start->environ_count;
	write_program(to, wish, plan);
	to->tsc_khz = place->tsc_khz;
	to->wall_seconds = start->wall_seconds;
	to->wall_tsc = now;
	to->seed[0] = mix(now);
	to->seed[1] = mix(now ^ (uint64_t)number << 32 ^ place->node);
	base_strcopy(to->partition, place->partition, sizeof(to->partition));
	memcpy(to + 1, wish->strings, wish->string_bytes);
}
