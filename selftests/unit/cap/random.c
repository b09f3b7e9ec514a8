// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random operations, done by cpudrv/cap/ and by the model; every result and every slot is compared,
 * the invariants are checked after each, and the page tables are walked for memory that ring 3 must
 * not reach. usage: random [OPERATIONS [SEED]]
 *
 * A tenth of them are done in a second part, where objects are busy, foreign or remote at random
 * and other cores agree or not: what must come out then is not predicted, but that all invariants
 * hold, and that everything can be ended at last.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define MANAGED (192u * PAGE) /* what the root capability is for; its CNode lies above */
#define ROOT_SLOTS 64u
#define CROWD 160u            /* records from which on deletion is likelier */

static struct model model, before;
static uint64_t seed, rounds, refusals, again;
static uint32_t part = 1;
static uint32_t tried[ABI_CAP_DO_COUNT], succeeded[ABI_CAP_DO_COUNT];
static uint64_t errors_seen[ABI_CAP_ERROR_COUNT];

static uint32_t below(uint32_t limit)
{
	/* xorshift64* */
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return limit ? (uint32_t)((seed * 0x2545f4914f6cdd1dull) >> 32) % limit : 0;
}

static bool chance(uint32_t percent)
{
	return below(100) < percent;
}

static void fail(const char *why, const struct cap_op *op, int rc)
{
	printf("not ok %u - random operations\n# after %lu operations: %s\n", part, rounds, why);
	if (op)
		printf("# kind %u result %d from type %u [%lx,%lx)\n"
		       "# type %u offset %lx bytes %lx count %lu\n",
		       op->kind, rc, op->from.at->type, op->from.at->base, op->from.at->end,
		       op->type, op->offset, op->bytes, op->count);
	exit(1);
}

static void bring(uint32_t slot, uint32_t type, uint64_t base, uint64_t bytes)
{
	uint8_t rights = cap_types[type].rights;

	if (cap_create(&space, &own[slot], type, base, bytes, rights, 0))
		fail("a first capability was refused", NULL, 0);
	model_add(&model, &own[slot], type, base, base + bytes, rights);
}

static void start(void)
{
	fake_reset();
	memset(&model, 0, sizeof(model));
	memset(arch_window(MANAGED), 0, ROOT_SLOTS * ABI_CAP_SLOT_BYTES);
	bring(0, ABI_CAP_CNODE, MANAGED, ROOT_SLOTS * ABI_CAP_SLOT_BYTES);
	bring(1, ABI_CAP_PHYSADDR, 0, MANAGED);
	bring(2, ABI_CAP_IRQ, 32, 200);
	bring(3, ABI_CAP_URPC, 0, 64);
	bring(4, ABI_CAP_KERNEL, 1, 1);
	bring(5, ABI_CAP_DOMAIN, 1, 1000);
	bring(6, ABI_CAP_RAM, 0, MANAGED / 2);
	space.clear_step = PAGE / 2;
	space.revoke_step = 2;
	space.huge = true;
}

static bool is_own(const struct cap_entry *slot)
{
	return slot >= own && slot < own + OWN;
}

/* The CNode capability by which a slot is reached: any of those for the CNode around it. */
static bool reach(struct cap_entry *slot, struct cap_slot *found)
{
	uint64_t at = (uint64_t)((unsigned char *)slot - fake_ram), bits;
	uint32_t turn;

	if (is_own(slot)) {
		*found = cap_slot_own(slot);
		return true;
	}
	turn = below(model.n);
	for (uint32_t i = 0; i < model.n; i++) {
		const struct record *r = &model.at[(turn + i) % model.n];

		if (r->type != ABI_CAP_CNODE || at < r->base || at >= r->end)
			continue;
		bits = (uint64_t)__builtin_ctzll((r->end - r->base) / ABI_CAP_SLOT_BYTES);
		return !cap_slot_find(r->slot, (at - r->base) / ABI_CAP_SLOT_BYTES, (uint32_t)bits,
				      found) && found->at == slot;
	}
	return false; /* nobody can name it any more, or the CPU driver keeps it */
}

/* Any slot of any CNode that a capability exists for. */
static bool any_slot(struct cap_slot *found, bool empty)
{
	for (uint32_t tries = 0; tries < 30; tries++) {
		const struct record *r = &model.at[below(model.n)];
		uint64_t slots;
		struct cap_entry *first;

		if (r->type != ABI_CAP_CNODE)
			continue;
		first = cap_slots(r->slot, &slots);
		first += 1 + below((uint32_t)slots - 1);
		if (empty && model_find(&model, first))
			continue;
		return reach(first, found);
	}
	return false;
}

static bool any_record(struct cap_slot *found, uint32_t mask)
{
	for (uint32_t tries = 0; tries < 40; tries++) {
		struct record *r = &model.at[below(model.n)];

		if (mask & 1u << r->type && reach(r->slot, found))
			return true;
	}
	return false;
}

#define ANY (~0u)
#define MAPPED (1u << ABI_CAP_FRAME | 1u << ABI_CAP_DEVFRAME | 1u << ABI_CAP_PDPT | \
		1u << ABI_CAP_PD | 1u << ABI_CAP_PT)
#define SOURCES (1u << ABI_CAP_PHYSADDR | 1u << ABI_CAP_RAM | 1u << ABI_CAP_FRAME | \
		 1u << ABI_CAP_DISPATCHER | 1u << ABI_CAP_IRQ)
#define TABLES (1u << ABI_CAP_PML4 | 1u << ABI_CAP_PDPT | 1u << ABI_CAP_PD | 1u << ABI_CAP_PT)

static void make_retype(struct cap_op *op)
{
	static const uint32_t sizes[] = { 1, 1, 1, 2, 2, 4, 8, 16, 32 };
	const struct cap_entry *e = op->from.at;
	uint64_t unit, room;

	op->type = below(ABI_CAP_TYPE_COUNT + 1);
	for (uint32_t tries = 0; tries < 30 && chance(95); tries++) {
		if (cap_types[e->type].into & 1u << op->type % ABI_CAP_TYPE_COUNT)
			break;
		op->type = below(ABI_CAP_TYPE_COUNT);
	}
	unit = cap_types[op->type % ABI_CAP_TYPE_COUNT].unit;
	op->bytes = cap_types[op->type % ABI_CAP_TYPE_COUNT].bytes && chance(80) ?
			    0 : unit * sizes[below(sizeof(sizes) / sizeof(sizes[0]))];
	if (chance(2))
		op->bytes += below(3) * 7;
	op->count = chance(70) ? 1 : below(5);
	room = (e->end - e->base) / unit;
	op->offset = room ? below((uint32_t)room) * unit : 0;
	if (e->type == ABI_CAP_DISPATCHER && chance(80))
		op->offset = PAGE + below(64) * 64;
	if (chance(20))
		op->offset = 0;
	if (chance(2))
		op->offset += below(2 * PAGE);
}

static bool make_map(struct cap_op *op)
{
	const struct cap_entry *e = op->from.at;
	uint64_t pages = (e->end - e->base) / PAGE;

	for (uint32_t tries = 0; tries < 20; tries++) {
		if (!any_record(&op->table, TABLES))
			return false;
		if (cap_page_bytes(op->table.at->type, e->type) >= 0)
			break;
	}
	op->index = below(chance(80) ? 16 : 520);
	op->count = chance(80) ? 1 : below(4);
	op->rights = chance(90) ? ABI_CAP_READ | (below(2) ? ABI_CAP_WRITE : ABI_CAP_EXECUTE) :
				  (uint8_t)below(16);
	if (!cap_is(e->type, ABI_CAP_IS_MAPPABLE) && chance(95))
		op->rights = 0;
	else if (pages && chance(30))
		op->offset = below((uint32_t)pages + 1) * PAGE;
	return true;
}

static bool make(struct cap_op *op)
{
	static const uint8_t usual[] = { 1, 1, 2, 2, 3, 3, 4, 4, 4, 4,
					 4, 5, 5, 5, 5, 6, 6, 7, 8, 9 };
	static const uint8_t crowded[] = { 1, 3, 4, 5, 6, 6, 6, 6, 6, 6, 7, 7 };

	uint32_t mask = ANY;

	memset(op, 0, sizeof(*op));
	op->kind = model.n < CROWD ? usual[below(sizeof(usual))] : crowded[below(sizeof(crowded))];
	if (op->kind == ABI_CAP_DO_MAP)
		mask = MAPPED;
	else if (op->kind == ABI_CAP_DO_RETYPE && chance(80))
		mask = SOURCES;
	if (!any_record(&op->from, mask))
		return false;
	if (chance(3) && !any_slot(&op->from, false))
		return false;
	if (!any_slot(&op->to, chance(95)))
		return false;
	if ((op->kind == ABI_CAP_DO_DELETE || op->kind == ABI_CAP_DO_MOVE) && is_own(op->from.at))
		return false;
	if (op->kind == ABI_CAP_DO_REVOKE && is_own(op->from.at) && chance(98))
		return false;
	op->rights = op->from.at->rights;
	if (chance(8))
		op->rights &= (uint8_t)~(1u << below(6));
	if (chance(3))
		op->rights = (uint8_t)below(256);
	op->badge = chance(20) ? (uint64_t)below(10) - 1 : 0;
	if (op->kind == ABI_CAP_DO_RETYPE)
		make_retype(op);
	return op->kind != ABI_CAP_DO_MAP || make_map(op);
}

/* Fresh memory must be zero, and ring 3 writes to what it can map. */
static void fresh(const struct cap_op *op, uint32_t from_type)
{
	uint64_t bytes = op->bytes ? op->bytes : cap_types[op->type].bytes;
	unsigned char *at = arch_window(op->from.at->base + op->offset);

	if (!cap_is(op->type, ABI_CAP_IS_ZEROED) || op->type == from_type)
		return;
	if (op->type == ABI_CAP_PML4)
		bytes = PAGE / 2;
	for (uint64_t i = 0; i < bytes / 8; i++) {
		if (((uint64_t *)at)[i])
			fail("new memory is not zero", op, 0);
	}
	if (op->type == ABI_CAP_FRAME)
		memset(at, 0x77, bytes * op->count);
}

/* Every page that some page table maps for ring 3 belongs to a frame, and to nothing else. */
static void walk(void)
{
	static const char kernel[] = "a page of the CPU driver's is mapped";

	for (uint32_t i = 0; i < model.n; i++) {
		const struct record *r = &model.at[i];

		if (!(TABLES & 1u << r->type))
			continue;
		for (uint32_t k = 0; k < 512; k++) {
			uint64_t entry = pte(r->base, k), pa = entry & PTE_ADDRESS;
			bool mapped = space.dying; /* a mapping may be among them */

			if (entry == PTE_KERNEL && r->type == ABI_CAP_PML4 && k >= 256)
				continue;
			for (uint32_t n = 0; n < model.n && entry && !mapped; n++) {
				const struct record *map = &model.at[n];

				mapped = map->type == ABI_CAP_MAPPING &&
					 map->base <= r->base + 8 * k && map->end > r->base + 8 * k;
			}
			if (entry && !mapped)
				fail("a table has an entry that no mapping is for", NULL, 0);
			if (entry & PTE_LEAF && model_kernel_memory(&model, pa))
				fail(kernel, NULL, 0);
		}
	}
}

static void compare(const struct cap_op *op, int rc)
{
	const char *wrong = cap_check(&space, own, OWN);
	uint64_t all = 0;

	if (!wrong)
		wrong = model_differs(&model, !space.dying);
	if (wrong)
		fail(wrong, op, rc);
	for (uint32_t t = 0; t < ABI_CAP_TYPE_COUNT; t++)
		all += space.count[t];
	if (!space.dying && !space.revoking && all != model.n)
		fail("there are more capabilities, or fewer, than the model has", op, rc);
}

/* Decoding changes nothing but the count of slots looked at. */
static int decode(struct cap_op *op)
{
	static unsigned char ram[MANAGED + ROOT_SLOTS * ABI_CAP_SLOT_BYTES];
	struct cap_space space_before = space;
	struct cap_op op_before = *op;
	bool look = !below(1000);
	int rc;

	if (look)
		memcpy(ram, fake_ram, sizeof(ram));
	rc = cap_decode(&space, op);
	space_before.visits = space.visits;
	if (memcmp(&space_before, &space, sizeof(space)) || memcmp(&op_before, op, sizeof(*op)))
		fail("decoding changed something", op, rc);
	if (look && memcmp(ram, fake_ram, sizeof(ram)))
		fail("decoding changed memory", op, rc);
	return rc;
}

static int attempt(struct cap_op *op)
{
	int rc;

	for (;;) {
		rc = decode(op);
		if (!rc)
			rc = cap_invoke(&space, op);
		if (rc != -ABI_CAP_E_AGAIN)
			return rc;
		again++;
		if (chance(50))
			cap_work(&space, 1 + below(8));
		if (chance(10) && cap_check(&space, own, OWN))
			fail("an invariant does not hold half-way", op, rc);
	}
}

static bool step(void)
{
	uint32_t allowed, from_type;
	struct cap_op op;
	int rc;

	if (!make(&op))
		return false;
	allowed = op.kind < ABI_CAP_DO_COUNT ? model_errors(&model, &op) :
					       1u << ABI_CAP_E_OPERATION;
	if (allowed & 1u << ABI_CAP_E_EMPTY)
		drain();
	from_type = op.from.at->type;
	if (!allowed && op.kind == ABI_CAP_DO_REVOKE) {
		/* One that would end its own slot is done in part only: left to rules.c. */
		before = model;
		model_apply(&model, &op);
		if (!model_find(&model, op.from.at)) {
			model = before;
			return false;
		}
		model = before;
	}
	tried[op.kind % ABI_CAP_DO_COUNT]++;
	rc = attempt(&op);
	if (rc > 0 || (rc && !(allowed & 1u << -rc)) || (!rc && allowed))
		fail(rc ? "it was refused for a reason that is none" : "it should be refused", &op,
		     rc);
	errors_seen[-rc]++;
	if (rc) {
		refusals++;
	} else {
		succeeded[op.kind]++;
		if (op.kind == ABI_CAP_DO_RETYPE)
			fresh(&op, from_type);
		model_apply(&model, &op);
	}
	if (chance(50))
		drain();
	compare(&op, rc);
	if (chance(5))
		walk();
	return true;
}

/* Take over into the model what there is, without what is dying. */
static void adopt(void)
{
	model.n = 0;
	for (uint32_t i = 1; i < ABI_CAP_SPACE_COUNT; i++) {
		for (struct cap_entry *e = cap_mdb_first(&space, i); e; e = cap_mdb_next(e)) {
			if (e->state & CAP_DYING)
				continue;
			model_add(&model, e, e->type, e->base, e->end, e->rights);
			model_find(&model, e)->mate = e->mate;
		}
	}
}

static bool other_cores(struct cap_space *s, const struct cap_entry *e, enum cap_question what)
{
	(void)s;
	(void)e;
	(void)what;
	return chance(30);
}

static void disturb(void)
{
	static const uint8_t states[] = { CAP_BUSY, CAP_FOREIGN, CAP_REMOTE,
					  CAP_FOREIGN | CAP_REMOTE };
	struct record *r = &model.at[below(model.n)];

	cap_state_change(&space, r->slot, chance(30) ? states[below(4)] : 0,
			 chance(60) ? CAP_BUSY | CAP_FOREIGN | CAP_REMOTE : CAP_BUSY);
}

static void disturbed_step(void)
{
	struct cap_op op;
	int rc;

	adopt();
	if (chance(30))
		disturb();
	if (!make(&op))
		return;
	op.agreed = chance(30);
	rc = decode(&op);
	if (!rc)
		rc = cap_invoke(&space, &op);
	if (rc > 0 || rc <= -ABI_CAP_ERROR_COUNT)
		fail("a result that is none", &op, rc);
	if (!rc && op.kind == ABI_CAP_DO_RETYPE && op.from.at->type)
		fresh(&op, op.from.at->type);
	/* It is not repeated: the CNodes that led to its slots may be gone by now. */
	if (rc == -ABI_CAP_E_AGAIN || chance(20))
		cap_work(&space, below(8));
	if (cap_check(&space, own, OWN))
		fail(cap_check(&space, own, OWN), &op, rc);
	if (chance(2)) {
		adopt();
		walk();
	}
	rounds++;
}

/*
 * Other cores lose interest: then everything can be revoked and deleted, and nothing is left. What
 * only holds itself by now needs somebody with a capability for the memory, who may have lost it.
 */
static void end_all(void)
{
	static const uint32_t types[] = { ABI_CAP_PHYSADDR, ABI_CAP_CNODE };

	adopt();
	for (uint32_t i = 0; i < model.n; i++)
		cap_state_change(&space, model.at[i].slot, 0, CAP_BUSY | CAP_FOREIGN | CAP_REMOTE);
	space.agree = NULL;
	drain();
	for (uint32_t i = 0; i < 2; i++) {
		uint64_t bytes = i ? ROOT_SLOTS * ABI_CAP_SLOT_BYTES : MANAGED;

		if (cap_create(&space, &own[OWN - 1 - i], types[i], i ? MANAGED : 0, bytes,
			       cap_types[types[i]].rights, 0))
			fail("the first capabilities cannot be made again", NULL, 0);
	}
	for (uint32_t i = 0; i < OWN; i++) {
		struct cap_op op = { .kind = ABI_CAP_DO_REVOKE, .from = cap_slot_own(&own[i]) };

		if (own[i].type && finish(&op))
			fail("it cannot be revoked", &op, 0);
		op.kind = ABI_CAP_DO_DELETE;
		if (own[i].type && finish(&op))
			fail("it cannot be deleted", &op, 0);
		drain();
	}
	for (uint32_t t = 0; t < ABI_CAP_TYPE_COUNT; t++) {
		if (space.count[t])
			fail("something is left", NULL, 0);
	}
	if (cap_check(&space, own, OWN))
		fail("an invariant does not hold at the end", NULL, 0);
}

static void disturbed(uint64_t limit, uint64_t first)
{
	part = 2;
	rounds = 0;
	for (uint64_t round = 0; rounds < limit; round++) {
		seed = (first + round) * 0x9e3779b97f4a7c15ull | 1;
		start();
		space.agree = other_cores;
		/* Its first CNode may be deleted: then nothing can be named any more. */
		for (uint32_t i = 0; i < 3000 && rounds < limit && own[0].type; i++)
			disturbed_step();
		end_all();
	}
	printf("ok 2 - with other cores about\n");
}

int main(int argc, char **argv)
{
	uint64_t limit = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000000;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..2\n");
	for (uint64_t round = 0; rounds < limit; round++) {
		seed = (first + round) * 0x9e3779b97f4a7c15ull | 1;
		start();
		for (uint32_t i = 0; i < 10000 && rounds < limit; i++)
			rounds += step();
	}
	printf("# %lu operations from seed %lu, %lu refused, %lu repeated\n", rounds, first,
	       refusals, again);
	for (uint32_t i = 1; i < ABI_CAP_DO_COUNT; i++)
		printf("# kind %u: %u tried, %u done\n", i, tried[i], succeeded[i]);
	for (uint32_t i = 1; i < ABI_CAP_ERROR_COUNT; i++)
		printf("# error %u: %lu\n", i, errors_seen[i]);
	printf("ok 1 - random operations\n");
	disturbed(limit / 10, first);
	return 0;
}
