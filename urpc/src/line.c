// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The rarely taken paths of a call line's end. Barrier pairs are listed in urpc/line_ops.h.
 */
#include <urpc/line.h>

int urpc_line_init(struct urpc_line_end *e, struct urpc_line *line, enum urpc_line_role role)
{
	if (!e || !line || ((uintptr_t)line & (URPC_LINE_ALIGN - 1)))
		return -URPC_EINVAL;
	if (role != URPC_LINE_CALLER && role != URPC_LINE_CALLEE)
		return -URPC_EINVAL;

	e->line = line;
	e->number = 0;
	e->seen = 0;
	e->role = (uint8_t)role;
	e->state = role == URPC_LINE_CALLER ? URPC_LINE_IDLE : URPC_LINE_OPEN;
	e->armed = false;
	e->fetch = urpc_read_shares();
	return 0;
}

/* Why an operation is not for now; @busy is the state in which it will be once that one is over. */
int urpc_line_refuse(const struct urpc_line_end *e, enum urpc_line_state busy)
{
	if (e->state == URPC_LINE_BROKEN)
		return -URPC_EPROTO;
	return e->state == busy ? -URPC_EBUSY : -URPC_EINVAL;
}

/* Nothing is read from the peer again; whoever waits finds out by the next operation. */
int urpc_line_break(struct urpc_line_end *e)
{
	e->state = URPC_LINE_BROKEN;
	return -URPC_EPROTO;
}

bool urpc_line_arm(struct urpc_line_end *e)
{
	struct urpc_line_armed *own = &e->line->armed[e->role];

	if (!urpc_line_waits(e))
		return false;
	urpc_store_relaxed(&own->seen, e->seen);
	urpc_store_release(&own->armed, 1);
	e->armed = true;
	urpc_fence_full();
	if (!urpc_line_ready(e))
		return true;
	urpc_line_disarm(e);
	return false;
}

void urpc_line_disarm(struct urpc_line_end *e)
{
	if (!e->armed)
		return;
	e->armed = false;
	urpc_store_release(&e->line->armed[e->role].armed, 0);
}
