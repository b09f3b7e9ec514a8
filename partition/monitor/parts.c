// SPDX-License-Identifier: GPL-2.0-only
#include <parts.h>

/* No program of this core asks for anything yet, so nobody is to be told. */
static void answer(void *ctx, uint32_t domain, uint64_t tag, uint32_t error,
		   const struct names_slot *slot)
{
	(void)ctx, (void)domain, (void)tag, (void)error, (void)slot;
}

static bool changed(void *ctx, uint32_t domain, uint64_t tag, enum names_what what,
		    const struct names_slot *slot)
{
	(void)ctx, (void)domain, (void)tag, (void)what, (void)slot;
	return true;
}

static void ended(void *ctx, uint32_t domain)
{
	(void)ctx, (void)domain;
}

struct names_hooks parts_names_hooks(void)
{
	return (struct names_hooks){ .answer = answer, .changed = changed, .ended = ended };
}

/* No capability leaves its core yet, so this one has nothing of what others ask about. */
static int vote(void *ctx, const struct agree_request *q, bool mine, uint64_t cookie,
		uint32_t *relations)
{
	(void)ctx, (void)q, (void)mine, (void)cookie;
	*relations = 0;
	return 0;
}

static void busy(void *ctx, const struct agree_request *q, bool on)
{
	(void)ctx, (void)q, (void)on;
}

static int perform(void *ctx, const struct agree_request *q, enum agree_part part, uint64_t cookie)
{
	(void)ctx, (void)q, (void)part, (void)cookie;
	return 0;
}

static void alone(void *ctx, const struct agree_request *q)
{
	(void)ctx, (void)q;
}

static void done(void *ctx, uint64_t cookie, int result, uint32_t relations)
{
	(void)ctx, (void)cookie, (void)result, (void)relations;
}

static int mark(void *ctx, const struct agree_object *object)
{
	(void)ctx, (void)object;
	return -ABI_CAP_E_EMPTY;
}

static int create(void *ctx, uint32_t from, const struct agree_object *object, uint8_t rights,
		  uint64_t handle)
{
	(void)ctx, (void)from, (void)object, (void)rights, (void)handle;
	return -ABI_CAP_E_OCCUPIED;
}

static void given(void *ctx, uint64_t cookie, int result)
{
	(void)ctx, (void)cookie, (void)result;
}

static int forget(void *ctx, uint32_t node)
{
	(void)ctx, (void)node;
	return 0;
}

struct agree_local parts_local(void)
{
	return (struct agree_local){
		.vote = vote,
		.busy = busy,
		.perform = perform,
		.alone = alone,
		.done = done,
		.mark = mark,
		.create = create,
		.given = given,
		.forget = forget,
	};
}

void parts_init(struct node *n)
{
	(void)n;
}
