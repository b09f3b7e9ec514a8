// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages over LMP: records that are anything, into a server's end. The first byte says whether it is
 * open or to be greeted; then for each record a byte of flags, how many words, and the words.
 */
#include "fuzz.h"
#include "script.h"

#include <lib/carrier.h>
#include <lib/slot.h>

#include "every_stub.h"

static struct script *script;
static bool waiting; /* a capability is in the receive slot */
static uint32_t held; /* capabilities taken out of it and not dropped */

enum { CAP = 1, NOTICE = 2, RIGHT_HEAD = 4, NO_SLOT = 8, NOTHING = 16 };

static bool no_slot;
static uint64_t head; /* of the record that would come next */

int rt_lmp_receive(struct rt_lmp *lmp, struct rt_lmp_message *m)
{
	uint8_t flags = (uint8_t)next(script, 1);

	if (!script->left || (flags & NOTHING))
		return -RT_EAGAIN;
	MUST(!waiting); /* the last one was taken out, or no other could come */
	memset(m, 0, sizeof(*m));
	m->words = (uint16_t)(next(script, 1) % (ABI_LMP_WORDS + 1));
	m->kind = flags & NOTICE ? ABI_LMP_DIED : 0;
	no_slot = flags & NO_SLOT;
	waiting = m->cap = (flags & CAP) && !m->kind;
	m->word[0] = flags & RIGHT_HEAD ? head : next(script, 6);
	head = m->word[0] + 0x10000;
	for (unsigned int i = 1; i < m->words; i++)
		m->word[i] = next(script, 2);
	return 0;
}

uint32_t rt_lmp_take(struct rt_lmp *lmp)
{
	MUST(waiting);
	if (no_slot)
		return 0;
	waiting = false;
	held++;
	return 7;
}

void rt_lmp_discard(struct rt_lmp *lmp)
{
	MUST(waiting);
	waiting = false;
}

void rt_slot_drop(uint32_t slot)
{
	if (!slot)
		return;
	MUST(slot == 7 && held);
	held--;
}

int rt_lmp_send(struct abi_cap_at at, const uint64_t *words, unsigned int count, struct abi_cap_at cap)
{
	return 0;
}

static int on_give(void *ctx, uint32_t from, const struct every_give *m)
{
	rt_slot_drop(m->what);
	return 0;
}

static int on_longest(void *ctx, uint32_t from, const struct every_longest *m)
{
	uint8_t sum = 0;

	for (uint32_t i = 0; i < m->data_count; i++)
		sum ^= m->data[i];
	return sum & 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const struct every_handlers handlers = { .give = on_give, .longest = on_longest };
	struct every_end *end = malloc(sizeof(*end));
	struct script s = { data, bytes };
	struct rt_carrier carrier;

	script = &s;
	head = 0;
	held = 0;
	waiting = false;
	MUST(end);
	rt_carrier_init(&carrier, NULL, (struct abi_cap_at){ .depth = 9 });
	every_server_by(end, &carrier.carrier);
	if (next(&s, 1) & 1)
		end->bound.state = URPC_BOUND_OPEN;
	while (s.left) {
		bool open = end->bound.state == URPC_BOUND_OPEN;
		int rc = open ? every_receive(end, &handlers, NULL, 1) : every_bind(end);

		if (end->bound.state == URPC_BOUND_CLOSED)
			break;
		MUST(rc == 0 || rc == 1 || rc == -URPC_EAGAIN || rc == -URPC_EPROTO ||
		     (!open && rc == -URPC_EPROTONOSUPPORT));
		if (rc == -URPC_EPROTONOSUPPORT)
			break;
		MUST(held == (carrier.begun && carrier.cap ? 1 : 0));
	}
	rt_carrier_end(&carrier);
	MUST(!held);
	free(end);
	return 0;
}
