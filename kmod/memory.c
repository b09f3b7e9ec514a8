// SPDX-License-Identifier: GPL-2.0-only
/*
 * A partition's memory: pieces from the three sources, each mapped write-back, zeroed, and given a
 * page allocator. Physical addresses are the currency; an address outside every piece is never
 * dereferenced.
 */
#define pr_fmt(fmt) "remora: " fmt

#include <linux/genalloc.h>
#include <linux/io.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "memory_source.h"

/* A core: image copy, CPU driver's own memory, RAM. The partition: channels. See boot.c. */
#define BYTES_PER_CORE SZ_4M
#define BYTES_SHARED SZ_2M

/* No machine has more: physical addresses have at most 52 bits (SDM vol. 3A, 4.1.4). Sums do not overflow. */
#define BYTES_MOST (1ull << 52)

static const struct remora_memory_source_ops *const sources[] = {
	[REMORA_MEMORY_RESERVED] = &remora_memory_reserved,
	[REMORA_MEMORY_BLOCK] = &remora_memory_block,
	[REMORA_MEMORY_CONTIGUOUS] = &remora_memory_contiguous,
};

u64 remora_memory_minimum(unsigned int cores)
{
	return (u64)cores * BYTES_PER_CORE + BYTES_SHARED;
}

int remora_node_next(int nid, const struct remora_extent *want)
{
	if (want->node >= 0)
		return nid < 0 ? want->node : MAX_NUMNODES;
	return next_node(nid, node_states[N_MEMORY]);
}

static int check_form(const struct remora_extent *want, unsigned int index,
		      struct remora_error *err)
{
	if (want->source >= ARRAY_SIZE(sources))
		return remora_fail(err, REMORA_R_MEMORY_SOURCE_UNKNOWN,
				   "memory extent %u: unknown source %u; the last is %zu", index,
				   want->source, ARRAY_SIZE(sources) - 1);
	if (!want->bytes)
		return remora_fail(err, REMORA_R_MEMORY_TOO_SMALL,
				   "memory extent %u is empty; the least is 2 MiB", index);
	if (want->bytes % REMORA_MEMORY_GRANULE)
		return remora_fail(err, REMORA_R_MEMORY_UNALIGNED,
				   "memory extent %u: size %#llx is not a multiple of 2 MiB", index,
				   want->bytes);
	if (want->source != REMORA_MEMORY_RESERVED && want->address)
		return remora_fail(err, REMORA_R_RESERVED_FIELD,
				   "memory extent %u: only reserved memory has an address", index);
	if (want->address != ~0ull && want->address % REMORA_MEMORY_GRANULE)
		return remora_fail(err, REMORA_R_MEMORY_UNALIGNED,
				   "memory extent %u: address %#llx is not a multiple of 2 MiB",
				   index, want->address);
	if (want->node < -1 || want->node >= MAX_NUMNODES ||
	    (want->node >= 0 && !node_state(want->node, N_MEMORY)))
		return remora_fail(err, REMORA_R_MEMORY_NODE_UNKNOWN,
				   "there is no NUMA node %d with memory; expected one of %*pbl, or -1",
				   want->node, nodemask_pr_args(&node_states[N_MEMORY]));
	return 0;
}

static bool placed(const struct remora_extent *want)
{
	return want->source == REMORA_MEMORY_RESERVED && want->address != ~0ull;
}

static int check_overlap(const struct remora_extent *want, unsigned int count,
			 struct remora_error *err)
{
	unsigned int i, j;

	for (i = 0; i < count; i++) {
		for (j = 0; j < i; j++) {
			if (!placed(&want[i]) || !placed(&want[j]) ||
			    want[i].address >= want[j].address + want[j].bytes ||
			    want[j].address >= want[i].address + want[i].bytes)
				continue;
			return remora_fail(err, REMORA_R_MEMORY_OVERLAP,
					   "memory extents %u and %u overlap at %#llx", j, i,
					   max(want[i].address, want[j].address));
		}
	}
	return 0;
}

static int check_list(const struct remora_extent *want, unsigned int count, u64 *total,
		      struct remora_error *err)
{
	unsigned int i;
	int ret;

	if (!count)
		return remora_fail(err, REMORA_R_MEMORY_NONE, NULL);
	if (count > REMORA_EXTENTS_MAX)
		return remora_fail(err, REMORA_R_MEMORY_TOO_MANY,
				   "%u memory extents are more than %d", count, REMORA_EXTENTS_MAX);
	*total = 0;
	for (i = 0; i < count; i++) {
		ret = check_form(&want[i], i, err);
		if (ret)
			return ret;
		if (placed(&want[i]) && want[i].address + want[i].bytes < want[i].address)
			return remora_fail(err, REMORA_R_MEMORY_NOT_RESERVED,
					   "memory extent %u: from %#llx on there are no %#llx bytes",
					   i, want[i].address, want[i].bytes);
		if (check_add_overflow(*total, want[i].bytes, total) || *total > BYTES_MOST)
			return remora_fail(err, REMORA_R_MEMORY_UNAVAILABLE,
					   "memory extent %u: %#llx bytes is more than there can be",
					   i, want[i].bytes);
	}
	return check_overlap(want, count, err);
}

/* Is @source worth a try where the user left the choice to us? */
static bool auto_tries(u32 source, const struct remora_extent *want)
{
	/* blocks come whole: do not take more than was asked for */
	return source != REMORA_MEMORY_BLOCK || want->bytes % memory_block_size_bytes() == 0;
}

/* The order of AUTO is that of the enumeration. The last source's reason is the one reported. */
static struct remora_extent auto_as(const struct remora_extent *want, u32 source)
{
	struct remora_extent as = *want;

	as.source = source;
	if (source == REMORA_MEMORY_RESERVED)
		as.address = ~0ull;
	return as;
}

static int check_one(const struct remora_extent *want, struct remora_error *err)
{
	u32 source;

	if (want->source != REMORA_MEMORY_AUTO)
		return sources[want->source]->check(want, err);
	for (source = REMORA_MEMORY_RESERVED; source < REMORA_MEMORY_CONTIGUOUS; source++) {
		struct remora_extent as = auto_as(want, source);

		if (auto_tries(source, want) && !sources[source]->check(&as, NULL))
			return 0;
	}
	return sources[REMORA_MEMORY_CONTIGUOUS]->check(want, err);
}

/*
 * Extent @last together with the earlier ones that draw on the same source and node, as one wish.
 * Alone stay reserved ones, which may lie in two regions, and AUTO, which may use two sources.
 */
static struct remora_extent with_earlier(const struct remora_extent *want, unsigned int last)
{
	const u64 unit = want[last].source == REMORA_MEMORY_BLOCK ? memory_block_size_bytes() :
								    REMORA_MEMORY_GRANULE;
	struct remora_extent sum = want[last];
	unsigned int i;

	if (sum.source == REMORA_MEMORY_RESERVED || sum.source == REMORA_MEMORY_AUTO)
		return sum;
	sum.bytes = round_up(sum.bytes, unit);
	for (i = 0; i < last; i++)
		if (want[i].source == sum.source && want[i].node == sum.node)
			sum.bytes += round_up(want[i].bytes, unit);
	return sum;
}

static int check_amount(const struct remora_extent *want, unsigned int count, unsigned int cores,
			u64 least, struct remora_error *err)
{
	unsigned int i;
	u64 total;
	int ret = check_list(want, count, &total, err);

	if (ret)
		return ret;
	if (total < least)
		return remora_fail(err, REMORA_R_MEMORY_TOO_SMALL,
				   "%llu MiB is too little memory for %u cores; they need %llu MiB",
				   total >> 20, cores, least >> 20);
	for (i = 0; i < count && !ret; i++) {
		struct remora_extent sum = with_earlier(want, i);

		ret = check_one(&sum, err);
	}
	return ret;
}

int remora_memory_check(const struct remora_extent *want, unsigned int count, unsigned int cores,
			struct remora_error *err)
{
	return check_amount(want, count, cores, remora_memory_minimum(cores), err);
}

int remora_memory_check_joining(const struct remora_extent *want, unsigned int count,
				struct remora_error *err)
{
	return check_amount(want, count, 1, BYTES_PER_CORE, err);
}

int remora_memory_check_adding(const struct remora_extent *want, unsigned int count,
			       struct remora_error *err)
{
	return check_amount(want, count, 0, 0, err);
}

void remora_memory_cut(struct remora_memory *m, struct remora_memory *piece)
{
	struct remora_memory_extent *e = &m->extent[--m->count];

	m->bytes -= e->bytes;
	piece->extent[0] = *e;
	piece->count = 1;
	piece->bytes = e->bytes;
	memset(e, 0, sizeof(*e));
}

/* Zero a mapped piece; large ones take long. */
static void scrub(void *virt, u64 bytes)
{
	u64 done;

	for (done = 0; done < bytes; done += REMORA_MEMORY_GRANULE) {
		memset(virt + done, 0, min_t(u64, bytes - done, REMORA_MEMORY_GRANULE));
		cond_resched();
	}
}

/* Map, zero and pool a piece. On failure what was done is undone by drop_extent(). */
static int open_extent(struct remora_memory_extent *e, struct remora_error *err)
{
	e->virt = memremap(e->base, e->bytes, MEMREMAP_WB);
	if (!e->virt)
		return remora_fail(err, REMORA_R_NO_MEMORY,
				   "memory at %pa could not be mapped write-back", &e->base);
	scrub(e->virt, e->bytes);
	e->pool = gen_pool_create(PAGE_SHIFT, -1);
	if (!e->pool || gen_pool_add(e->pool, e->base, e->bytes, -1))
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	return 0;
}

/* Everything open_extent() did, then back to the source. Return: 0 when Linux has it again. */
static int drop_extent(struct remora_memory_extent *e)
{
	int ret;

	if (e->pool && gen_pool_avail(e->pool) != gen_pool_size(e->pool)) {
		pr_err("memory at %pa: %zu bytes are still in use; it is not given back\n", &e->base,
		       gen_pool_size(e->pool) - gen_pool_avail(e->pool));
		return -EBUSY;
	}
	if (e->pool)
		gen_pool_destroy(e->pool);
	if (e->virt) {
		scrub(e->virt, e->bytes);
		memunmap(e->virt);
	}
	ret = e->ops->give_back(e);
	if (ret)
		pr_err("memory at %pa, %llu MiB (%s): Linux did not take it back (error %d)\n",
		       &e->base, e->bytes >> 20, e->ops->name, ret);
	return ret;
}

/* Give pieces back from the last on, until @keep are left. */
static void shrink(struct remora_memory *m, unsigned int keep, struct remora_ledger *ledger)
{
	while (m->count > keep) {
		struct remora_memory_extent *e = &m->extent[--m->count];

		if (!drop_extent(e))
			remora_ledger_add(ledger, REMORA_LEDGER_PAGES,
					  -(long)(e->bytes >> PAGE_SHIFT));
		m->bytes -= e->bytes;
		memset(e, 0, sizeof(*e));
	}
}

/* Obtain from one source; on failure nothing of it is left. */
static int obtain_from(u32 source, struct remora_memory *m, const struct remora_extent *want,
		       struct remora_ledger *ledger, struct remora_error *err)
{
	unsigned int before = m->count, i;
	int ret = sources[source]->obtain(m, want, err);

	for (i = before; i < m->count; i++) {
		m->bytes += m->extent[i].bytes;
		remora_ledger_add(ledger, REMORA_LEDGER_PAGES, m->extent[i].bytes >> PAGE_SHIFT);
	}
	for (i = before; i < m->count && !ret; i++)
		ret = open_extent(&m->extent[i], err);
	if (ret)
		shrink(m, before, ledger);
	return ret;
}

static int obtain_one(struct remora_memory *m, const struct remora_extent *want,
		      struct remora_ledger *ledger, struct remora_error *err)
{
	u32 source;

	if (want->source != REMORA_MEMORY_AUTO)
		return obtain_from(want->source, m, want, ledger, err);
	for (source = REMORA_MEMORY_RESERVED; source < REMORA_MEMORY_CONTIGUOUS; source++) {
		struct remora_extent as = auto_as(want, source);

		if (auto_tries(source, want) && !sources[source]->check(&as, NULL) &&
		    !obtain_from(source, m, &as, ledger, NULL))
			return 0;
	}
	return obtain_from(REMORA_MEMORY_CONTIGUOUS, m, want, ledger, err);
}

int remora_memory_acquire(struct remora_memory *m, const struct remora_extent *want,
			  unsigned int count, struct remora_ledger *ledger,
			  struct remora_error *err)
{
	unsigned int i;
	u64 total;
	int ret = check_list(want, count, &total, err);

	memset(m, 0, sizeof(*m));
	for (i = 0; i < count && !ret; i++)
		ret = obtain_one(m, &want[i], ledger, err);
	if (ret)
		shrink(m, 0, ledger);
	return ret;
}

void remora_memory_release(struct remora_memory *m, struct remora_ledger *ledger)
{
	shrink(m, 0, ledger);
}

static int alloc_from(struct remora_memory *m, unsigned int i, size_t bytes, size_t align,
		      struct remora_region *r)
{
	struct genpool_data_align data = { .align = align };
	struct remora_memory_extent *e = &m->extent[i];
	unsigned long phys = gen_pool_alloc_algo(e->pool, bytes, gen_pool_first_fit_align, &data);

	if (!phys)
		return -ENOMEM;
	*r = (struct remora_region){
		.phys = phys,
		.bytes = bytes,
		.virt = e->virt + (phys - e->base),
		.numa = e->numa,
		.extent = i,
	};
	return 0;
}

int remora_region_alloc(struct remora_memory *m, size_t bytes, size_t align, int numa,
			struct remora_region *r)
{
	bool near = numa >= 0;
	unsigned int i;

	memset(r, 0, sizeof(*r));
	bytes = PAGE_ALIGN(bytes);
	if (!bytes)
		return -ENOMEM;
	/* first the pieces of the wanted node, then the others */
	for (;; near = false) {
		for (i = 0; i < m->count; i++) {
			if (numa >= 0 && near != (m->extent[i].numa == numa))
				continue;
			if (alloc_from(m, i, bytes, align, r))
				continue;
			scrub(r->virt, bytes);
			return 0;
		}
		if (!near)
			return -ENOMEM;
	}
}

void remora_region_scrub(const struct remora_region *r)
{
	scrub(r->virt, r->bytes);
}

void remora_region_free(struct remora_memory *m, struct remora_region *r)
{
	if (!r->bytes)
		return;
	gen_pool_free(m->extent[r->extent].pool, r->phys, r->bytes);
	memset(r, 0, sizeof(*r));
}

void *remora_memory_virt(const struct remora_memory *m, phys_addr_t phys, size_t bytes)
{
	unsigned int i;

	for (i = 0; i < m->count; i++) {
		const struct remora_memory_extent *e = &m->extent[i];

		if (phys >= e->base && bytes <= e->bytes && phys - e->base <= e->bytes - bytes)
			return e->virt + (phys - e->base);
	}
	return NULL;
}
