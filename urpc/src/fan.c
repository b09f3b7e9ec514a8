// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Calls to several at once.
 *
 * Barrier pairs of the cast; those of lines are in urpc/line_ops.h:
 *   header release (cast_write)              header acquire (cast_take)
 *       payload is written before its header is seen
 *   header store, full fence, armed load (cast_wakes)
 *   armed store, full fence, header load (urpc_fan_arm, urpc_fan_callee_arm)
 *       at least one of the two sees the other's store, so that no wake-up is lost
 */
#include <urpc/fan.h>

static bool aligned(const struct urpc_line *line)
{
	return line && !((uintptr_t)line & (URPC_LINE_ALIGN - 1));
}

/* ---- one line of a cast ---- */

static void cast_write(struct urpc_cast *c, uint64_t number, uint64_t turn, uint16_t type,
		       const void *payload, size_t len)
{
	uint64_t header = (number & URPC_HDR_SEQ_MASK) << URPC_HDR_SEQ_SHIFT | turn;

	header |= (uint64_t)type << URPC_HDR_TYPE_SHIFT | (uint64_t)len << URPC_HDR_LEN_SHIFT;
	urpc_copy_in(c->line->call.payload, payload, len);
	urpc_store_release(&c->line->call.header, header);
	c->seen = header;
}

/* Message @number of @turn, or what urpc_line_finish() says. */
static int cast_take(struct urpc_cast *c, uint64_t number, uint64_t turn, struct urpc_msg *m)
{
	uint64_t header = urpc_load_acquire(&c->line->call.header);
	uint64_t len = header >> URPC_HDR_LEN_SHIFT; /* with the reserved bits: they must be zero */

	if (header == c->seen)
		return -URPC_EAGAIN;
	if ((uint32_t)header != ((number & URPC_HDR_SEQ_MASK) | turn) || len > URPC_PAYLOAD_BYTES)
		return -URPC_EPROTO;
	c->seen = header;
	m->type = (uint16_t)(header >> URPC_HDR_TYPE_SHIFT);
	m->len = (uint16_t)len;
	m->reserved = 0;
	urpc_copy_out(m->payload, c->line->call.payload, (size_t)len);
	return 0;
}

static bool cast_news(const struct urpc_cast *c)
{
	return urpc_line_changed(c->line, c->seen);
}

/* Does the end of @role that sleeps by @line want to be woken for what was just written? */
static bool cast_wakes(const struct urpc_line *line, enum urpc_line_role role)
{
	urpc_fence_full();
	return urpc_load_acquire(&line->armed[role].armed);
}

static void cast_arm(struct urpc_line *line, enum urpc_line_role role)
{
	urpc_store_release(&line->armed[role].armed, 1);
	urpc_fence_full();
}

static void cast_disarm(struct urpc_line *line, enum urpc_line_role role)
{
	urpc_store_release(&line->armed[role].armed, 0);
}

/* ---- the end that calls ---- */

int urpc_fan_init(struct urpc_fan *fan, struct urpc_line *shared)
{
	if (shared && !aligned(shared))
		return -URPC_EINVAL;
	fan->waiting = 0;
	fan->number = 0;
	fan->count = 0;
	fan->culprit = 0;
	fan->cast = shared != NULL;
	fan->broken = false;
	fan->armed = false;
	fan->shared.line = shared;
	fan->shared.seen = 0;
	return 0;
}

int urpc_fan_add(struct urpc_fan *fan, struct urpc_line *line, uint32_t node)
{
	struct urpc_fan_leg *leg = &fan->leg[fan->count];

	if (fan->count == URPC_FAN_MAX || fan->number || !aligned(line))
		return -URPC_EINVAL;
	leg->own.line = line;
	leg->own.seen = 0;
	leg->node = node;
	fan->count++;
	return urpc_line_init(&leg->end, line, URPC_LINE_CALLER);
}

int urpc_fan_call(struct urpc_fan *fan, uint16_t type, const void *payload, size_t len)
{
	uint32_t i;
	int rc;

	if (fan->broken)
		return -URPC_EPROTO;
	if (fan->waiting)
		return -URPC_EBUSY;
	if (len > URPC_PAYLOAD_BYTES)
		return -URPC_EMSGSIZE;
	fan->number++;
	fan->waiting = ((uint64_t)1 << fan->count) - 1;
	if (fan->cast) {
		cast_write(&fan->shared, fan->number, 0, type, payload, len);
		return 0;
	}
	for (i = 0; i < fan->count; i++) {
		rc = urpc_line_call(&fan->leg[i].end, type, payload, len);
		if (rc)
			return rc;
	}
	return 0;
}

bool urpc_fan_wakes(const struct urpc_fan *fan, uint32_t leg)
{
	if (fan->cast)
		return cast_wakes(fan->leg[leg].own.line, URPC_LINE_CALLEE);
	return urpc_line_notify_needed(&fan->leg[leg].end);
}

static int leg_take(struct urpc_fan *fan, struct urpc_fan_leg *leg, struct urpc_msg *m)
{
	if (fan->cast)
		return cast_take(&leg->own, fan->number, URPC_LINE_REPLY, m);
	return urpc_line_finish(&leg->end, m);
}

int urpc_fan_poll(struct urpc_fan *fan, uint16_t type)
{
	uint64_t left = fan->waiting;
	struct urpc_msg m;

	if (fan->broken)
		return -URPC_EPROTO;
	while (left) {
		uint32_t i = (uint32_t)__builtin_ctzll(left);
		int rc = leg_take(fan, &fan->leg[i], &m);

		left &= left - 1;
		if (rc == -URPC_EAGAIN)
			continue;
		if (rc || m.type != type) {
			fan->culprit = i;
			fan->broken = true;
			return -URPC_EPROTO;
		}
		fan->waiting &= ~((uint64_t)1 << i);
	}
	return fan->waiting ? -URPC_EAGAIN : 0;
}

static bool leg_ready(const struct urpc_fan *fan, uint32_t leg)
{
	return fan->cast ? cast_news(&fan->leg[leg].own) : urpc_line_ready(&fan->leg[leg].end);
}

/* Under cast the one armed bit is in the shared line; every answer looks at it. */
bool urpc_fan_arm(struct urpc_fan *fan)
{
	uint64_t left = fan->waiting;

	if (fan->broken || !left)
		return true;
	fan->armed = true;
	if (fan->cast)
		cast_arm(fan->shared.line, URPC_LINE_CALLER);
	for (; left; left &= left - 1) {
		uint32_t i = (uint32_t)__builtin_ctzll(left);

		if (fan->cast ? leg_ready(fan, i) : !urpc_line_arm(&fan->leg[i].end)) {
			urpc_fan_disarm(fan);
			return false;
		}
	}
	return true;
}

void urpc_fan_disarm(struct urpc_fan *fan)
{
	uint32_t i;

	if (!fan->armed)
		return;
	fan->armed = false;
	if (fan->cast)
		cast_disarm(fan->shared.line, URPC_LINE_CALLER);
	for (i = 0; !fan->cast && i < fan->count; i++)
		urpc_line_disarm(&fan->leg[i].end);
}

/* ---- the end that is called ---- */

int urpc_fan_callee_init(struct urpc_fan_callee *c, struct urpc_line *shared,
			 struct urpc_line *line)
{
	if ((shared && !aligned(shared)) || !aligned(line))
		return -URPC_EINVAL;
	c->shared.line = shared;
	c->shared.seen = 0;
	c->own.line = line;
	c->own.seen = 0;
	c->number = 0;
	c->cast = shared != NULL;
	c->serving = false;
	c->broken = false;
	return urpc_line_init(&c->end, line, URPC_LINE_CALLEE);
}

int urpc_fan_callee_accept(struct urpc_fan_callee *c, struct urpc_msg *m)
{
	int rc;

	if (c->broken)
		return -URPC_EPROTO;
	if (c->serving)
		return -URPC_EAGAIN;
	if (c->cast)
		rc = cast_take(&c->shared, c->number + 1, 0, m);
	else
		rc = urpc_line_accept(&c->end, m);
	c->broken = rc == -URPC_EPROTO;
	if (!rc) {
		c->number++;
		c->serving = true;
	}
	return rc;
}

bool urpc_fan_callee_answer(struct urpc_fan_callee *c, uint16_t type)
{
	if (!c->serving)
		return false;
	c->serving = false;
	if (c->cast) {
		cast_write(&c->own, c->number, URPC_LINE_REPLY, type, NULL, 0);
		return cast_wakes(c->shared.line, URPC_LINE_CALLER);
	}
	return !urpc_line_reply(&c->end, type, NULL, 0) && urpc_line_notify_needed(&c->end);
}

bool urpc_fan_callee_arm(struct urpc_fan_callee *c)
{
	if (c->serving || c->broken)
		return true;
	if (!c->cast)
		return urpc_line_arm(&c->end);
	cast_arm(c->own.line, URPC_LINE_CALLEE);
	if (!urpc_fan_callee_ready(c))
		return true;
	cast_disarm(c->own.line, URPC_LINE_CALLEE);
	return false;
}

void urpc_fan_callee_disarm(struct urpc_fan_callee *c)
{
	if (c->cast)
		cast_disarm(c->own.line, URPC_LINE_CALLEE);
	else
		urpc_line_disarm(&c->end);
}
