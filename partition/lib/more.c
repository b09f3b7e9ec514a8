// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include <lib/more.h>
#include <lib/slot.h>

#include "memory_priv.h"

RT_MONITOR_CALL(mem_alloc)
RT_MONITOR_CALL(mem_free)
RT_MONITOR_CALL(mem_info)

static const char *const sentences[MEMSERV_E_COUNT] = {
#define SENTENCE(name, sentence) [MEMSERV_E_##name] = sentence,
	MEMSERV_ERRORS(SENTENCE)
#undef SENTENCE
};

const char *rt_more_sentence(int error)
{
	if (!error)
		return "well";
	if (error == MONITOR_REFUSAL_PENDING)
		return "too many of this program's requests have no answer yet";
	if (error == MONITOR_REFUSAL_INVALID)
		return "the slot for the capability is not empty, or not there";
	if (error > 0 && error < MEMSERV_E_COUNT)
		return sentences[error];
	if (error == -RT_ENOMEM)
		return "the program has no slot for it, or no room to note what is used";
	return error == -RT_EOPNOTSUPP ? "this program has no monitor that could be asked" :
					 "the monitor's answer cannot be understood";
}

int rt_more_alloc(uint64_t bytes, uint64_t align, uint16_t numa, uint32_t flags, struct abi_cap_at to,
		  struct rt_more *more)
{
	struct monitor_mem_alloc question = {
		.bytes = bytes, .align = align, .numa = numa, .strict = flags & RT_MORE_STRICT,
		.ram = flags & RT_MORE_RAM, .address = to.address, .depth = to.depth,
	};
	struct monitor_mem_alloc_reply answer;
	int rc = rt_monitor_call(send_mem_alloc, &question, &answer);

	if (rc)
		return rc;
	*more = (struct rt_more){ answer.base, answer.bytes, answer.numa, answer.borrowed };
	return (int)answer.error;
}

int rt_more_free(const struct rt_more *more)
{
	struct monitor_mem_free question = { .base = more->base };
	struct monitor_mem_free_reply answer;
	int rc = rt_monitor_call(send_mem_free, &question, &answer);

	return rc ? rc : (int)answer.error;
}

int rt_more_ram(uint64_t bytes)
{
	uint32_t slot = rt_slot_alloc();
	struct rt_more more;
	int rc = slot ? rt_more_alloc(bytes, PAGE, RT_MORE_ANY, RT_MORE_RAM, rt_slot_at(slot), &more) :
			-RT_ENOMEM;

	if (rc)
		goto nothing;
	rc = rt_ram_add(rt_slot_at(slot));
	if (!rc)
		return 0;
	rt_more_free(&more);
nothing:
	rt_slot_drop(slot);
	return rc;
}

/* For a mapping of that size with its page tables; more than that at first, for there may be few pieces. */
static int relieve(uint64_t bytes)
{
	uint64_t needed = (bytes + bytes / 8 + LARGE) & ~(LARGE - 1);
	uint64_t step = (rt_ram_total_bytes() / 4 + LARGE - 1) & ~(LARGE - 1);

	if (step > needed && !rt_more_ram(step))
		return 0;
	return rt_more_ram(needed);
}

void rt_more_heap(void)
{
	rt_vspace_short = relieve;
}

int rt_more_info(struct rt_more_info *info)
{
	struct monitor_mem_info question = { 0 };
	struct monitor_mem_info_reply answer;
	int rc = rt_monitor_call(send_mem_info, &question, &answer);

	if (!rc)
		*info = (struct rt_more_info){ answer.used, answer.quota, answer.own, answer.lent,
					       answer.borrowed };
	return rc;
}
