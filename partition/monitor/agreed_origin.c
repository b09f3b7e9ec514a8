// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose memory it is that came from other nodes: when that node goes, so does all that is here of its memory, by
 * whatever way it came. A record stays as long as anything of its object is here; those of which nothing is left
 * give way when there is no other room.
 */
#include <base/string.h>

#include "agreed_priv.h"

#define RECORDS 256u

static struct record {
	struct agree_object object; /* bytes 0: free */
	uint32_t owner;
} records[RECORDS];

void agreed_origins_init(void)
{
	memset(records, 0, sizeof(records));
}

static bool inside(const struct agree_object *o, const struct agree_object *in)
{
	return o->base >= in->base && o->base - in->base < in->bytes &&
	       o->bytes <= in->bytes - (o->base - in->base);
}

uint32_t agreed_origin(const struct agree_object *object, uint32_t self)
{
	for (const struct record *r = records; r < records + RECORDS; r++) {
		if (r->object.bytes && inside(object, &r->object))
			return r->owner;
	}
	return self;
}

static struct record *room(void)
{
	for (struct record *r = records; r < records + RECORDS; r++) {
		if (!r->object.bytes)
			return r;
	}
	for (struct record *r = records; r < records + RECORDS; r++) {
		if (!agreed_here(&r->object))
			return r;
	}
	return NULL;
}

bool agreed_origin_note(const struct agree_object *object, uint32_t owner)
{
	struct record *free;

	for (const struct record *r = records; r < records + RECORDS; r++) {
		if (r->object.base == object->base && r->object.bytes == object->bytes && r->owner == owner)
			return true;
	}
	free = room();
	if (!free)
		return false;
	*free = (struct record){ *object, owner };
	return true;
}

int agreed_origin_forget(uint32_t owner)
{
	for (struct record *r = records; r < records + RECORDS; r++) {
		if (!r->object.bytes || r->owner != owner)
			continue;
		if (agreed_drop(&r->object) == -ABI_CAP_E_AGAIN)
			return -ABI_CAP_E_AGAIN;
		r->object.bytes = 0;
	}
	return 0;
}
