// SPDX-License-Identifier: GPL-2.0-only
/* Dispatchers as objects: what whoever holds a capability of one does with it. */
#include <base/string.h>

#include <bootinfo.h>
#include <capability.h>
#include <dispatcher.h>
#include <errors.h>
#include <memory.h>
#include <object.h>

#define FRAME_BYTES_MIN (2 * ABI_PAGE_SIZE)
#define FRAME_BYTES_MAX (16 * ABI_PAGE_SIZE)

/* Which capabilities become whose copies: in the order of enum dispatcher_slot. */
struct gifts {
	struct cap_op copy[4];
	unsigned int count;
};

static int gift_find(struct object_call *c, const struct abi_cap_at *at, uint32_t type,
		     uint8_t rights, struct gifts *gifts)
{
	struct cap_op *op = &gifts->copy[gifts->count];
	int rc;

	*op = (struct cap_op){ .kind = ABI_CAP_DO_COPY };
	rc = object_find(c->d, at, type, rights, &op->from);
	if (rc)
		return rc;
	gifts->count++;
	op->to = cap_slot_own(&dispatcher_slots(dispatcher_of(c->cap))[gifts->count]);
	return cap_decode(&cap_space, op);
}

static int gifts_find(struct object_call *c, const struct abi_dispatcher_setup *s,
		      struct gifts *gifts)
{
	int rc = gift_find(c, &s->cnode, ABI_CAP_CNODE, 0, gifts);

	if (!rc)
		rc = gift_find(c, &s->pml4, ABI_CAP_PML4, 0, gifts);
	if (!rc)
		rc = gift_find(c, &s->frame, ABI_CAP_FRAME, ABI_CAP_RW, gifts);
	if (!rc && s->notices.depth)
		rc = gift_find(c, &s->notices, ABI_CAP_ENDPOINT, ABI_CAP_READ, gifts);
	return rc;
}

/* Nothing can fail any more. The first three are what it needs to run. */
static void gifts_take(struct gifts *gifts)
{
	for (unsigned int i = 0; i < gifts->count; i++) {
		cap_invoke(&cap_space, &gifts->copy[i]);
		gifts->copy[i].to.at->held = i < DISPATCHER_FRAME;
	}
}

/* Microseconds to cycles; more than any real one stays more than any real one. */
static uint64_t cycles(uint64_t us)
{
	uint64_t limit = SCHED_PERIOD_MAX * 1000 / boot_info->tsc_khz;

	return us > limit ? SCHED_NEVER : us * boot_info->tsc_khz / 1000;
}

static bool sensible(const struct abi_dispatcher_setup *s, const struct cap_entry *frame)
{
	uint64_t bytes = frame->end - frame->base;

	if (bytes < FRAME_BYTES_MIN || bytes > FRAME_BYTES_MAX || s->flags & ~ABI_SETUP_PRINT ||
	    !memory_reached(frame->base, bytes))
		return false;
	return s->frame_va && !(s->frame_va % ABI_PAGE_SIZE) && s->frame_va < ABI_USER_END &&
	       bytes <= ABI_USER_END - s->frame_va;
}

/* Only the first program gives what the caller itself was not given. */
static bool permitted(const struct dispatcher *caller, const struct abi_dispatcher_setup *s)
{
	return !caller->domain || (s->domain && s->class == SCHED_BEST_EFFORT &&
				   s->weight <= caller->task.params.weight &&
				   !(s->flags & ABI_SETUP_PRINT & ~caller->flags));
}

static void tidy(char name[ABI_NAME_MAX])
{
	name[ABI_NAME_MAX - 1] = 0;
	for (char *at = name; *at; at++) {
		if (*at <= ' ' || *at > '~')
			*at = '.';
	}
}

int dispatcher_object_setup(struct object_call *c)
{
	struct dispatcher *d = dispatcher_of(c->cap);
	struct abi_dispatcher_setup s;
	struct sched_params params;
	struct gifts gifts = { .count = 0 };
	const struct cap_entry *frame;
	int rc;

	if (d->set_up)
		return OBJECT_ERRNO(ERR_BUSY);
	if (!dispatcher_copy_in(c->d, &s, c->arg[0], sizeof(s)))
		return OBJECT_ERRNO(ERR_FAULT);
	if (!permitted(c->d, &s))
		return OBJECT_ERRNO(ERR_PERM);
	d->inner = c->d->inner ? c->d->inner : c->d->domain;
	rc = gifts_find(c, &s, &gifts);
	if (rc)
		return rc;
	frame = gifts.copy[DISPATCHER_FRAME - 1].from.at;
	if (!sensible(&s, frame))
		return OBJECT_ERRNO(ERR_INVAL);
	tidy(s.name);
	params = (struct sched_params){ s.class, s.weight, cycles(s.budget_us), cycles(s.period_us) };
	rc = dispatcher_set_up(d, &s, &params, gifts.copy[DISPATCHER_PML4 - 1].from.at, frame);
	if (rc)
		return OBJECT_ERRNO(rc == -ERR_INVAL ? ERR_INVAL : ERR_AGAIN);
	gifts_take(&gifts);
	return 0;
}

int dispatcher_object_run(struct object_call *c)
{
	struct dispatcher *d = dispatcher_of(c->cap);

	if (!dispatcher_intact(d))
		return OBJECT_ERRNO(ERR_INVAL);
	dispatcher_may_run(d);
	return 0;
}

int dispatcher_object_stop(struct object_call *c)
{
	struct dispatcher *d = dispatcher_of(c->cap);

	if (!dispatcher_intact(d))
		return OBJECT_ERRNO(ERR_INVAL);
	dispatcher_stop_running(d);
	return 0;
}

int dispatcher_object_status(struct object_call *c)
{
	struct abi_dispatcher_status status = dispatcher_status(dispatcher_of(c->cap));

	if (!dispatcher_copy_out(c->d, c->arg[0], &status, sizeof(status)))
		return OBJECT_ERRNO(ERR_FAULT);
	return 0;
}
