// SPDX-License-Identifier: GPL-2.0-only
/* START: what is wanted. The program is made when the head of its file is there. */
#include <base/string.h>

#include <session.h>
#include <startup.h>

int verb_start(struct session *s, const void *data, uint32_t bytes)
{
	const char *strings = (const char *)data + sizeof(s->start);
	uint32_t string_bytes = bytes - (uint32_t)sizeof(s->start);

	memcpy(&s->start, data, sizeof(s->start));
	s->start.name[sizeof(s->start.name) - 1] = 0;
	if (!s->start.argc)
		return session_refuse(s, MON_EINVAL, "no arguments: the first one is the program's name");
	if (s->start.argc > string_bytes || s->start.environ_count > string_bytes ||
	    startup_strings(strings, string_bytes, s->start.argc + s->start.environ_count) !=
		    string_bytes)
		return session_refuse(s, MON_EINVAL,
				      "%u arguments and %u variables were expected in %u bytes",
				      s->start.argc, s->start.environ_count, string_bytes);
	if (!s->start.elf_bytes)
		return session_refuse(s, MON_ENOEXEC, "the file is empty");
	if (s->start.elf_bytes > ABI_SPAWN_ELF_MAX)
		return session_refuse(s, MON_EFBIG, "the file has %lu bytes, at most %u are taken",
				      s->start.elf_bytes, ABI_SPAWN_ELF_MAX);
	memcpy(s->strings, strings, string_bytes);
	s->string_bytes = string_bytes;
	s->state = SESSION_LOADING;
	return 0;
}
