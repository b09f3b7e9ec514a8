// SPDX-License-Identifier: GPL-2.0-only
#include <base/format.h>
#include <base/string.h>

#include <session.h>
#include <stream.h>

#define BIT(state) (1u << (state))
#define ANY (BIT(SESSION_IDLE) | BIT(SESSION_LOADING) | BIT(SESSION_RUNNING) | BIT(SESSION_OVER))

uint64_t session_refused;

/* In a state that is not named a message is out of order; once it is over, too late ones are dropped. */
static const struct {
	int (*take)(struct session *s, const void *data, uint32_t bytes);
	uint32_t states;
	uint32_t least, most; /* bytes */
	bool late;
} verbs[] = {
	[ABI_SPAWN_START] = { verb_start, BIT(SESSION_IDLE), sizeof(struct abi_spawn_start),
			      sizeof(struct abi_spawn_start) + ABI_SPAWN_ARGS_MAX, false },
	[ABI_SPAWN_DATA] = { verb_data, BIT(SESSION_LOADING), 1, URPC_LONG_BYTES, true },
	[ABI_SPAWN_INPUT] = { verb_input, BIT(SESSION_RUNNING), 1, ABI_STREAM_RING, true },
	[ABI_SPAWN_INPUT_END] = { verb_input_end, BIT(SESSION_RUNNING), 0, 0, true },
	[ABI_SPAWN_INTERRUPT] = { verb_interrupt, BIT(SESSION_LOADING) | BIT(SESSION_RUNNING), 0, 0,
				  true },
	[ABI_SPAWN_LIST] = { verb_list, ANY, sizeof(struct abi_spawn_ask),
			     sizeof(struct abi_spawn_ask), false },
	[ABI_SPAWN_KILL] = { verb_kill, ANY, sizeof(struct abi_spawn_ask),
			     sizeof(struct abi_spawn_ask), false },
};

void session_begin(struct session *s)
{
	memset(s, 0, sizeof(*s));
}

void session_end(struct session *s)
{
	if (s->domain)
		domain_end(s->domain);
	s->domain = NULL;
	s->state = SESSION_OVER;
}

bool session_ready(const struct session *s)
{
	return !s->answer_type && !s->listing;
}

/* ---- answers ---- */

static bool flush_answer(struct session *s)
{
	if (s->answer_type && !session_send(s, s->answer_type, s->answer, s->answer_bytes))
		s->answer_type = 0;
	return !s->answer_type;
}

void session_answer(struct session *s, uint16_t type, const void *data, uint32_t bytes)
{
	s->answer_type = type;
	s->answer_bytes = (uint16_t)bytes;
	memcpy(s->answer, data, bytes);
	flush_answer(s);
}

int session_refuse(struct session *s, int error, const char *format, ...)
{
	struct {
		struct abi_spawn_refused refused;
		char why[DOMAIN_SENTENCE];
	} out = { .refused.error = error };
	va_list args;
	size_t bytes;

	va_start(args, format);
	bytes = base_vformat(out.why, sizeof(out.why), format, args);
	va_end(args);
	session_refused++;
	session_end(s);
	bytes = bytes < sizeof(out.why) ? bytes : sizeof(out.why) - 1;
	session_answer(s, ABI_SPAWN_REFUSED, &out, (uint32_t)(sizeof(out.refused) + bytes));
	return 0;
}

/* ---- messages in ---- */

/* Told by REFUSED while that may be said, else by the end of the channel. */
static int wrong(struct session *s, const char *what, uint16_t type, uint32_t bytes)
{
	if (s->state == SESSION_IDLE || s->state == SESSION_LOADING)
		return session_refuse(s, MON_EPROTO, "message of type %u with %u bytes: %s", type, bytes,
				      what);
	session_refused++;
	return -MON_EPROTO;
}

int session_message(struct session *s, uint16_t type, const void *data, uint32_t bytes)
{
	if (type >= sizeof(verbs) / sizeof(verbs[0]) || !verbs[type].take)
		return wrong(s, "there is no such type", type, bytes);
	if (bytes < verbs[type].least || bytes > verbs[type].most)
		return wrong(s, "another length was expected", type, bytes);
	if (s->state == SESSION_OVER && verbs[type].late)
		return 0;
	if (!(verbs[type].states & BIT(s->state)))
		return wrong(s, "it was not expected now", type, bytes);
	return verbs[type].take(s, data, bytes);
}

/* ---- output ---- */

/* One message of one stream. Return: 0: nothing there, 1: sent, -1: no room. */
static int send_output(struct session *s, uint32_t which)
{
	struct domain *d = s->domain;
	uint8_t out[1 + SESSION_OUTPUT];
	uint32_t room = session_most(s) - 1, count;

	room = room < SESSION_OUTPUT ? room : SESSION_OUTPUT;
	count = stream_peek(d->stream, which, s->taken[which], out + 1, room);
	if (!count)
		return 0;
	out[0] = which == ABI_STREAM_ERROR ? 2 : 1;
	if (session_send(s, ABI_SPAWN_OUTPUT, out, 1 + count))
		return -1;
	if (stream_taken(d->stream, which, &s->taken[which], count))
		d->notify = true;
	return 1;
}

/* A turn's worth. Return: true: all that was there is sent. */
static bool work_output(struct session *s)
{
	for (uint32_t i = 0; i < SESSION_ROUNDS; i++) {
		int out = send_output(s, ABI_STREAM_OUTPUT), error;

		error = out < 0 ? -1 : send_output(s, ABI_STREAM_ERROR);
		if (out < 0 || error < 0)
			return false;
		if (!out && !error)
			return true;
	}
	return false;
}

/*
 * Once the program reads, as much as there is room for. A little is not worth a message, but when all that
 * was granted has come, the program tells only that it took from a full ring: so the ring is filled then.
 * Return: false: there is no room for it in the channel.
 */
static bool work_wanted(struct session *s)
{
	struct abi_spawn_wanted wanted;

	if (s->input_ended || !stream_wanted(s->domain->stream))
		return true;
	wanted.bytes = s->given + stream_room(s->domain->stream, s->given);
	if (wanted.bytes < s->granted + (s->given == s->granted ? 1 : ABI_STREAM_RING / 4))
		return true;
	if (session_send(s, ABI_SPAWN_WANTED, &wanted, sizeof(wanted)))
		return false;
	s->granted = wanted.bytes;
	return true;
}

static void tell_exit(struct session *s, const struct abi_spawn_exited *exited, const char *why)
{
	struct {
		struct abi_spawn_exited exited;
		char why[DOMAIN_SENTENCE];
	} out = { .exited = *exited };
	size_t bytes = 0;

	if (exited->how != ABI_SPAWN_RETURNED)
		bytes = base_strcopy(out.why, why, sizeof(out.why));
	session_end(s);
	session_answer(s, ABI_SPAWN_EXITED, &out, (uint32_t)(sizeof(out.exited) + bytes));
}

/* First the end is found, then the output that is there by then is told, then the end. */
static bool work_running(struct session *s)
{
	struct abi_spawn_exited exited;
	char why[DOMAIN_SENTENCE];
	bool over = domain_over(s->domain, &exited, why);

	if (!work_output(s))
		return true;
	if (!over)
		return !work_wanted(s);
	tell_exit(s, &exited, why);
	return s->answer_type;
}

bool session_work(struct session *s)
{
	bool more;

	if (!flush_answer(s))
		return true;
	if (s->listing && list_work(s))
		return true;
	if (s->state != SESSION_RUNNING)
		return false;
	more = work_running(s);
	if (s->domain && s->domain->notify)
		domain_notify(s->domain);
	return more;
}
