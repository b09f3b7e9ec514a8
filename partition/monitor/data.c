// SPDX-License-Identifier: GPL-2.0-only
/*
 * DATA: the file, from its beginning to its end. The head is kept until it is whole; then the program
 * is made, and all bytes go to their places in it.
 */
#include <base/string.h>

#include <session.h>

static uint32_t head_bytes(const struct session *s)
{
	return s->start.elf_bytes < sizeof(s->head) ? (uint32_t)s->start.elf_bytes : sizeof(s->head);
}

static int begin(struct session *s)
{
	const struct domain_wish wish = {
		.start = &s->start,
		.strings = s->strings,
		.string_bytes = s->string_bytes,
		.head = s->head,
		.head_bytes = head_bytes(s),
	};
	char why[DOMAIN_SENTENCE];
	int rc = domain_make(&wish, s, &s->domain, why);

	if (rc)
		return session_refuse(s, -rc, "%s", why);
	rc = domain_load(s->domain, 0, s->head, head_bytes(s));
	return rc ? session_refuse(s, -rc, "the program could not be loaded") : 0;
}

static int run(struct session *s)
{
	struct abi_spawn_started started = {
		.domain = s->domain->number,
		.ram_bytes = s->domain->plan.ram,
	};

	if (domain_run(s->domain))
		return session_refuse(s, MON_EINVAL, "the core does not let the program run");
	s->state = SESSION_RUNNING;
	session_answer(s, ABI_SPAWN_STARTED, &started, sizeof(started));
	return 0;
}

int verb_data(struct session *s, const void *data, uint32_t bytes)
{
	uint32_t used = 0;

	if (bytes > s->start.elf_bytes - s->got)
		return session_refuse(s, MON_EPROTO, "%lu bytes of the file were still expected, not %u",
				      s->start.elf_bytes - s->got, bytes);
	if (s->got < head_bytes(s)) {
		used = head_bytes(s) - (uint32_t)s->got;
		used = used < bytes ? used : bytes;
		memcpy(s->head + s->got, data, used);
		s->got += used;
		if (s->got == head_bytes(s))
			begin(s);
	}
	if (s->state == SESSION_LOADING && used < bytes) {
		if (domain_load(s->domain, s->got, (const char *)data + used, bytes - used))
			return session_refuse(s, MON_ENOMEM, "the program could not be loaded");
		s->got += bytes - used;
	}
	if (s->state == SESSION_LOADING && s->got == s->start.elf_bytes)
		return run(s);
	return 0;
}
