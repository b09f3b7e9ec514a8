// SPDX-License-Identifier: GPL-2.0-only
/* INTERRUPT: as if it got SIGINT; before it runs it is not begun. */
#include <session.h>

int verb_interrupt(struct session *s, const void *data, uint32_t bytes)
{
	(void)data;
	(void)bytes;
	if (s->state == SESSION_LOADING)
		return session_refuse(s, MON_EINTR, "interrupted while it was loaded");
	domain_kill(s->domain, ABI_SPAWN_INTERRUPTED);
	return 0;
}
