// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the monitor's agreements with other cores need: ABI_KERNEL_CAP_*. Each call does a bounded part, and
 * never waits, nor is it made again by itself as other calls are: what is in the way may need the
 * monitor to go.
 */
#include <cap_agree.h>
#include <cap_type.h>
#include <capability.h>
#include <dispatcher.h>
#include <errors.h>
#include <memory.h>
#include <object.h>
#include <userlink.h>

#define WORK_STEPS 32u
#define ASKED_MAX 8u
#define BYTES_MAX (1ull << 48)

URPC_STATIC_ASSERT(ABI_CAP_HAS_COPY == CAP_HAS_COPY && ABI_CAP_HAS_ANCESTOR == CAP_HAS_ANCESTOR &&
		   ABI_CAP_HAS_DESCENDANT == CAP_HAS_DESCENDANT && ABI_CAP_HAS_COPIES == CAP_HAS_COPIES &&
		   ABI_CAP_HAS_OWN == CAP_HAS_OWN, "the same bits");
URPC_STATIC_ASSERT(ABI_CAP_STATE_BUSY == CAP_BUSY && ABI_CAP_STATE_FOREIGN == CAP_FOREIGN &&
		   ABI_CAP_STATE_REMOTE == CAP_REMOTE, "the same bits");

/* Of something dying, told to the monitor and not answered. */
static struct cap_range asked[ASKED_MAX];
static struct cap_entry *drop_slot;

static bool travels(uint32_t type)
{
	return type == ABI_CAP_PHYSADDR || type == ABI_CAP_RAM || type == ABI_CAP_DEVFRAME ||
	       type == ABI_CAP_FRAME;
}

static bool range_of(const struct object_call *c, struct cap_range *o)
{
	*o = (struct cap_range){
		.base = c->arg[0] & ~(ABI_PAGE_SIZE - 1),
		.bytes = c->arg[1],
		.type = c->arg[0] & (ABI_PAGE_SIZE - 1),
	};
	return travels(o->type) && o->bytes <= BYTES_MAX && !cap_size_check(o->type, o->base, o->bytes);
}

/*
 * What comes from elsewhere is memory of this core's own, or a frame: of what is shared by all, or of another
 * core's memory, which the CPU driver cannot reach itself (memory_reached()); never what the boot
 * information uses, nor partly the one and partly the other. What others write is not executed here.
 */
static int check_reach(const struct cap_range *o, uint8_t rights)
{
	if (memory_reserved(o->base, o->bytes))
		return -ABI_CAP_E_RANGE;
	if (memory_within(o->base, o->bytes, ABI_EXTENT_RAM))
		return 0;
	if (o->type != ABI_CAP_FRAME || (!memory_within(o->base, o->bytes, ABI_EXTENT_SHARED) &&
					 memory_touched(o->base, o->bytes)))
		return -ABI_CAP_E_RANGE;
	return rights & ABI_CAP_EXECUTE ? -ABI_CAP_E_RIGHTS : 0;
}

/* AGAIN is the monitor's to repeat: what is in the way gets a part of its work done first. */
static int result(int rc)
{
	if (rc == -ABI_CAP_E_AGAIN || rc == -ABI_CAP_E_BUSY) {
		cap_work(&cap_space, WORK_STEPS);
		rc = OBJECT_ERRNO(ERR_AGAIN);
	}
	capabilities_settle();
	return rc;
}

/* ---- the last copy ---- */

static struct cap_range *find_asked(const struct cap_range *o)
{
	for (uint32_t i = 0; i < ASKED_MAX; i++) {
		if (asked[i].base == o->base && asked[i].bytes == o->bytes && asked[i].type == o->type)
			return &asked[i];
	}
	return NULL;
}

static bool last_copy_goes(struct cap_space *space, const struct cap_entry *e,
			   enum cap_question what)
{
	static const struct cap_range none;
	const struct cap_range o = { e->base, e->end - e->base, e->type };
	struct cap_range *room;
	bool told;

	(void)space, (void)what;
	/* Nobody is left who could answer. */
	if (!userlinks_monitor())
		return true;
	if (find_asked(&o))
		return false;
	room = find_asked(&none);
	if (!room)
		return false;
	if (userlinks_last_copy(o.base, o.bytes, o.type, &told))
		return true;
	if (told)
		*room = o;
	return false;
}

/* ---- operations ---- */

int agreed_relations(struct object_call *c)
{
	struct cap_range o;

	if (!range_of(c, &o))
		return OBJECT_ERRNO(ERR_INVAL);
	c->value = cap_agree_relations(&cap_space, &o);
	return 0;
}

int agreed_free(struct object_call *c)
{
	uint64_t piece = c->arg[2], bytes = c->arg[3];
	struct cap_range o;

	if (!range_of(c, &o) || piece < o.base || piece - o.base >= o.bytes || !bytes ||
	    bytes > o.bytes - (piece - o.base) || (piece | bytes) % ABI_PAGE_SIZE)
		return OBJECT_ERRNO(ERR_INVAL);
	return result(cap_agree_retype(&cap_space, &o, piece, bytes));
}

int agreed_state(struct object_call *c)
{
	struct cap_range o, *was;

	if (!range_of(c, &o) || (c->arg[2] | c->arg[3]) & ~(uint64_t)(CAP_BUSY | CAP_FOREIGN | CAP_REMOTE))
		return OBJECT_ERRNO(ERR_INVAL);
	cap_space.agree = last_copy_goes;
	was = find_asked(&o);
	if (was)
		*was = (struct cap_range){ 0 };
	return result(cap_agree_state(&cap_space, &o, (uint8_t)c->arg[2], (uint8_t)c->arg[3]));
}

int agreed_mark(struct object_call *c)
{
	struct cap_range o;

	if (!range_of(c, &o))
		return OBJECT_ERRNO(ERR_INVAL);
	cap_space.agree = last_copy_goes;
	return result(cap_agree_mark(&cap_space, &o));
}

int agreed_drop(struct object_call *c)
{
	struct cap_range o;

	if (!range_of(c, &o))
		return OBJECT_ERRNO(ERR_INVAL);
	if (!drop_slot)
		drop_slot = capability_own();
	return result(cap_agree_drop(&cap_space, drop_slot, &o));
}

int agreed_create(struct object_call *c)
{
	const uint8_t depth = (uint8_t)c->arg[3], rights = (uint8_t)(c->arg[3] >> 8);
	struct cap_range o;
	struct cap_slot to;
	int rc;

	if (!range_of(c, &o) || c->arg[3] >> 16)
		return OBJECT_ERRNO(ERR_INVAL);
	rc = check_reach(&o, rights);
	if (rc)
		return rc;
	cap_space.agree = last_copy_goes;
	rc = cap_slot_find(&dispatcher_slots(c->d)[DISPATCHER_ROOT], c->arg[2], depth, &to);
	if (!rc && !(to.rights & ABI_CAP_WRITE))
		rc = -ABI_CAP_E_RIGHTS;
	if (!rc)
		rc = cap_create(&cap_space, to.at, o.type, o.base, o.bytes, rights,
				CAP_FOREIGN | CAP_REMOTE);
	return result(rc);
}

int agreed_call(struct object_call *c)
{
	uint64_t args[6];
	uint8_t op;

	if (!dispatcher_copy_in(c->d, args, c->arg[0], sizeof(args)))
		return OBJECT_ERRNO(ERR_FAULT);
	op = (uint8_t)args[0];
	if (op != ABI_CAP_DO_RETYPE && op != ABI_CAP_DO_REVOKE && op != ABI_CAP_DO_DELETE)
		return OBJECT_ERRNO(ERR_INVAL);
	return result(cap_call_agreed(&cap_space, &dispatcher_slots(c->d)[DISPATCHER_ROOT], args));
}
