// SPDX-License-Identifier: GPL-2.0-only
/* INPUT, INPUT_END: no more comes than WANTED said, so there is room for all of it. */
#include <session.h>
#include <stream.h>

int verb_input(struct session *s, const void *data, uint32_t bytes)
{
	if (s->input_ended || bytes > s->granted - s->given ||
	    bytes > stream_room(s->domain->stream, s->given)) {
		session_refused++;
		return -MON_EPROTO;
	}
	if (stream_put(s->domain->stream, &s->given, data, bytes))
		s->domain->notify = true;
	return 0;
}

int verb_input_end(struct session *s, const void *data, uint32_t bytes)
{
	(void)data;
	(void)bytes;
	s->input_ended = true;
	stream_end(s->domain->stream);
	s->domain->notify = true;
	return 0;
}
