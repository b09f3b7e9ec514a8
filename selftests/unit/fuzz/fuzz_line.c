// SPDX-License-Identifier: GPL-2.0-only
/*
 * urpc: both ends of a call line, each against a peer that may write any word of it at any time. The
 * first byte says which end is under test; then a script as in fuzz_ring.c.
 */
#include "fuzz.h"
#include "script.h"
#include <urpc/line.h>

enum { PEER_ACTS, FLIP, STORE, TAKE, POST, SLEEP, ACTS };

static int take(struct urpc_line_end *e, struct urpc_msg *m)
{
	return e->role == URPC_LINE_CALLER ? urpc_line_finish(e, m) : urpc_line_accept(e, m);
}

static int post(struct urpc_line_end *e, const void *bytes, size_t len)
{
	return e->role == URPC_LINE_CALLER ? urpc_line_call(e, 7, bytes, len) :
					     urpc_line_reply(e, 7, bytes, len);
}

static void end_take(struct urpc_line_end *e)
{
	struct urpc_line_end before = *e;
	struct urpc_msg m;
	size_t i;
	int err = take(e, &m);

	MUST(err == 0 || err == -URPC_EAGAIN || err == -URPC_EPROTO || err == -URPC_EBUSY ||
	     err == -URPC_EINVAL);
	MUST((err == -URPC_EPROTO) == (e->state == URPC_LINE_BROKEN));
	if (err == -URPC_EAGAIN || err == -URPC_EBUSY || err == -URPC_EINVAL)
		MUST(e->state == before.state && e->number == before.number);
	if (err)
		return;
	MUST(before.state == URPC_LINE_CALLED || before.state == URPC_LINE_OPEN);
	MUST(m.len <= URPC_PAYLOAD_BYTES && !m.reserved);
	for (i = m.len; i < URPC_PAYLOAD_BYTES; i++)
		MUST(!((unsigned char *)m.payload)[i]);
}

static void end_post(struct urpc_line_end *e, size_t len)
{
	static const unsigned char bytes[64];
	struct urpc_line_end before = *e;
	int err = post(e, bytes, len);

	MUST(err == 0 || err == -URPC_EPROTO || err == -URPC_EBUSY || err == -URPC_EINVAL ||
	     err == -URPC_EMSGSIZE);
	MUST((err == 0) == (len <= URPC_PAYLOAD_BYTES && (before.state == URPC_LINE_IDLE ||
							  before.state == URPC_LINE_SERVING)));
	if (err)
		MUST(!memcmp(&before, e, sizeof(before)));
}

static void end_sleep(struct urpc_line_end *e)
{
	(void)urpc_line_notify_needed(e);
	if (urpc_line_arm(e)) {
		MUST(e->state == URPC_LINE_CALLED || e->state == URPC_LINE_OPEN);
		MUST(e->line->armed[e->role].armed && e->line->armed[e->role].seen == e->seen);
		urpc_line_disarm(e);
	}
	MUST(!e->armed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct urpc_line *line = aligned_alloc(URPC_LINE_ALIGN, sizeof(*line));
	struct script s = { data, bytes };
	bool callee = next(&s, 1) & 1, broken = false;
	uint64_t *word = (uint64_t *)(void *)line;
	struct urpc_line_end end, peer;
	struct urpc_msg m;

	MUST(line);
	memset(line, 0, sizeof(*line));
	MUST(!urpc_line_init(&end, line, callee ? URPC_LINE_CALLEE : URPC_LINE_CALLER));
	MUST(!urpc_line_init(&peer, line, callee ? URPC_LINE_CALLER : URPC_LINE_CALLEE));
	while (s.left) {
		switch (next(&s, 1) % ACTS) {
		case PEER_ACTS:
			(void)take(&peer, &m);
			(void)post(&peer, m.payload, next(&s, 1) % 57);
			break;
		case FLIP:
			word[next(&s, 1) % 32] ^= 1ull << next(&s, 1) % 64;
			break;
		case STORE:
			word[next(&s, 1) % 32] = next(&s, 8);
			break;
		case TAKE:
			end_take(&end);
			break;
		case POST:
			end_post(&end, next(&s, 1) % 64);
			break;
		default:
			end_sleep(&end);
		}
		MUST(!broken || end.state == URPC_LINE_BROKEN);
		broken = end.state == URPC_LINE_BROKEN;
	}
	free(line);
	return 0;
}
