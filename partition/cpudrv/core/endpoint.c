// SPDX-License-Identifier: GPL-2.0-only
#include <base/string.h>

#include <cold.h>
#include <dispatcher.h>
#include <endpoint.h>
#include <errors.h>
#include <object.h>

int endpoint_find(struct dispatcher *from, uint64_t address, uint64_t depth,
		  const struct cap_entry **to)
{
	struct cap_slot slot;

	if (depth > ABI_CAP_DEPTH_MAX ||
	    endpoint_slot(&dispatcher_slots(from)[DISPATCHER_ROOT], address, (uint32_t)depth, &slot) ||
	    !(slot.rights & ABI_CAP_READ) || !endpoint_live(slot.at))
		return -ERR_NOENT;
	if (!(slot.at->rights & ABI_CAP_WRITE))
		return -ERR_PERM;
	*to = slot.at;
	return 0;
}

struct dispatcher *endpoint_live(const struct cap_entry *e)
{
	struct dispatcher *d;

	if (e->type != ABI_CAP_ENDPOINT || endpoint_of(e)->dead)
		return NULL;
	d = endpoint_owner(e);
	return dispatcher_intact(d) ? d : NULL;
}

COLD void endpoints_dead(uint64_t pa)
{
	struct endpoint *first = memory_at(pa + ABI_CAP_ENDPOINTS_AT);

	for (unsigned int i = 0; i < ENDPOINTS; i++)
		first[i].dead = true;
}

/*
 * The whole buffer is cleared: no record of it has the number of a message to come. Two buffers that
 * overlap harm their owner alone.
 */
COLD int endpoint_buffer(struct object_call *c)
{
	uint64_t offset = c->arg[0], records = c->arg[1], slot = c->arg[2], depth = c->arg[3];
	struct endpoint *e = endpoint_of(c->cap);
	const struct cap_entry *frame = &dispatcher_slots(c->d)[DISPATCHER_FRAME];
	uint64_t bytes = sizeof(struct abi_lmp_buffer) + records * sizeof(struct abi_lmp_record);

	if (e->dead || endpoint_owner(c->cap) != c->d || endpoint_number(c->cap) >= ABI_LMP_BUFFERS)
		return OBJECT_ERRNO(ERR_INVAL);
	if (!offset && !(records | slot | depth)) {
		*e = (struct endpoint){ 0 };
		return 0;
	}
	if (!records || records > ABI_LMP_RECORDS_MAX || depth > ABI_CAP_DEPTH_MAX ||
	    offset < ABI_PAGE_SIZE || offset % sizeof(struct abi_lmp_buffer) ||
	    offset >= frame->end - frame->base || bytes > frame->end - frame->base - offset)
		return OBJECT_ERRNO(ERR_INVAL);
	memset(memory_at(frame->base + offset), 0, bytes);
	*e = (struct endpoint){
		.slot = slot,
		.depth = (uint8_t)depth,
		.offset = (uint32_t)offset,
		.records = (uint16_t)records,
	};
	c->d->messages.fresh &= ~(1u << endpoint_number(c->cap));
	lmp_room(c->d);
	return 0;
}
