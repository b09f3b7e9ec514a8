// SPDX-License-Identifier: GPL-2.0-only
/* KILL: any program of the core. What it wrote before is still told to whoever started it. */
#include <base/string.h>

#include <session.h>

int verb_kill(struct session *s, const void *data, uint32_t bytes)
{
	struct abi_spawn_done done = { 0 };
	struct abi_spawn_ask ask;
	struct domain *d;

	(void)bytes;
	memcpy(&ask, data, sizeof(ask));
	done.tag = ask.tag;
	d = domain_find(ask.domain);
	if (!d)
		done.error = MON_ENOENT;
	else if (d->session && d->session->state != SESSION_RUNNING)
		done.error = MON_EAGAIN;
	else
		domain_kill(d, ABI_SPAWN_KILLED);
	session_answer(s, ABI_SPAWN_DONE, &done, sizeof(done));
	return !done.error;
}
