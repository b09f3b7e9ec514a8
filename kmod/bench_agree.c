// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an agreement among all nodes costs, for tests: "PARTITION COUNT DEPTH" is written into debugfs
 * remora/bench_agree. Node 0 asks COUNT times for a retype of a page that nobody has, DEPTH at a time, and all
 * others vote; then the file says how long it took. Without an agreement in its way each is one two-phase
 * commit over the tree that node 0 is the root of.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/uaccess.h>

#include <abi/protocol/node.h>

#include "bench.h"
#include "create.h"
#include "device.h"
#include "partition.h"

#define NOWHERE (1ull << 45) /* no machine's memory */
#define COUNT_MAX 100000u
#define RUN_MS 60000u

/**
 * struct bench - the one that runs, under @lock
 * @run:    which; answers to an earlier one do not count
 * @sample: nanoseconds of each that ended
 */
static struct {
	spinlock_t lock;
	struct remora_partition *partition;
	u64 run;
	unsigned int count, depth;
	unsigned int begun, ended, failed;
	u32 busy; /* a bit for each that is under way */
	u64 at[AGREE_OPS_MAX];
	u64 first, last;
	u32 *sample;
	struct completion over;
} bench = { .lock = __SPIN_LOCK_UNLOCKED(bench.lock) };

static DEFINE_MUTEX(bench_mutex); /* one at a time; protects the answer */
static char answer[192];

/* ---- under monitor.lock ---- */

/* Return: a slot for another one, or -1. */
static int begin_one(struct remora_partition *p, u64 *run)
{
	int slot = -1;

	spin_lock(&bench.lock);
	if (bench.partition == p && bench.begun < bench.count &&
	    hweight32(bench.busy) < bench.depth) {
		slot = ffz(bench.busy);
		bench.busy |= 1u << slot;
		bench.at[slot] = ktime_get_ns();
		if (!bench.begun++)
			bench.first = bench.at[slot];
		*run = bench.run;
	}
	spin_unlock(&bench.lock);
	return slot;
}

static void end_one(u64 cookie, int result)
{
	unsigned int slot = cookie % AGREE_OPS_MAX;
	struct remora_partition *p = NULL;

	spin_lock(&bench.lock);
	if (bench.partition && cookie / AGREE_OPS_MAX == bench.run) {
		p = bench.partition;
		bench.last = ktime_get_ns();
		bench.sample[bench.ended++] = min_t(u64, bench.last - bench.at[slot], U32_MAX);
		bench.failed += result < 0;
		bench.busy &= ~(1u << slot);
		if (bench.ended == bench.count)
			complete(&bench.over);
		else
			mod_delayed_work(system_long_wq, &p->monitor.work, 0);
	}
	spin_unlock(&bench.lock);
}

void remora_bench_done(u64 cookie, int result)
{
	end_one(cookie, result);
}

static uint64_t bench_tick(void *ctx, uint64_t now)
{
	struct remora_partition *p = ctx;
	int slot, ret;
	u64 run;

	while ((slot = begin_one(p, &run)) >= 0) {
		u64 page = NOWHERE + slot * PAGE_SIZE;
		const struct agree_request q = {
			.kind = AGREE_RETYPE,
			.into = ABI_CAP_FRAME,
			.object = { page, PAGE_SIZE, ABI_CAP_RAM },
			.piece = page,
			.piece_bytes = PAGE_SIZE,
		};

		ret = agree_start(&p->monitor.node->agree, &q, run * AGREE_OPS_MAX + slot);
		if (ret)
			end_one(run * AGREE_OPS_MAX + slot, ret);
	}
	return PROTOCOL_NEVER;
}

static int bench_message(void *ctx, uint32_t from, uint16_t type, const void *payload,
			 uint32_t bytes, uint64_t now)
{
	return -URPC_EPROTO;
}

int remora_bench_part(struct remora_partition *p, struct node *n)
{
	struct node_part *part = kzalloc(sizeof(*part), GFP_KERNEL);

	if (!part)
		return -ENOMEM;
	part->interface = PROTOCOL_FAULT;
	part->ctx = p;
	part->message = bench_message;
	part->tick = bench_tick;
	if (node_add(n, part)) {
		kfree(part);
		return -EINVAL;
	}
	p->monitor.bench = part;
	return 0;
}

void remora_bench_unpart(struct remora_partition *p)
{
	kfree(p->monitor.bench);
	p->monitor.bench = NULL;
}

/* ---- the file ---- */

static int compare(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

static void bench_set(struct remora_partition *p, u32 *sample, unsigned int count,
		      unsigned int depth)
{
	spin_lock(&bench.lock);
	bench.partition = p;
	bench.sample = sample;
	bench.count = count;
	bench.depth = depth;
	bench.begun = 0;
	bench.ended = 0;
	bench.failed = 0;
	bench.busy = 0;
	bench.run++;
	reinit_completion(&bench.over);
	spin_unlock(&bench.lock);
}

static int bench_run(struct remora_partition *p, u32 *sample, unsigned int count,
		     unsigned int depth)
{
	unsigned int nodes;
	long left;

	if (!remora_monitor_enter(p))
		return -ENXIO;
	nodes = hweight64(p->monitor.members);
	bench_set(p, sample, count, depth);
	remora_monitor_exit(p);
	left = wait_for_completion_killable_timeout(&bench.over, msecs_to_jiffies(RUN_MS));
	spin_lock(&bench.lock);
	bench.partition = NULL;
	spin_unlock(&bench.lock);
	if (left <= 0)
		return left ? -EINTR : -ETIMEDOUT;
	sort(sample, count, sizeof(*sample), compare, NULL);
	scnprintf(answer, sizeof(answer),
		  "nodes %u count %u depth %u failed %u median_ns %u p99_ns %u each_ns %llu\n", nodes,
		  count, depth, bench.failed, sample[count / 2], sample[count - 1 - count / 100],
		  div_u64(bench.last - bench.first, count));
	return 0;
}

static ssize_t bench_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	char text[64], name[REMORA_NAME_MAX];
	struct remora_partition *p;
	unsigned int count, depth;
	u32 *sample;
	int ret;

	if (size >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, size))
		return -EFAULT;
	text[size] = '\0';
	static_assert(REMORA_NAME_MAX == 32);
	if (sscanf(text, "%31s %u %u", name, &count, &depth) != 3 || !count ||
	    count > COUNT_MAX || !depth || depth > AGREE_OPS_MAX)
		return -EINVAL;
	p = remora_partition_get(name);
	if (!p)
		return -ENOENT;
	sample = kvcalloc(count, sizeof(*sample), GFP_KERNEL);
	ret = sample ? mutex_lock_killable(&bench_mutex) : -ENOMEM;
	if (!ret) {
		answer[0] = '\0';
		ret = bench_run(p, sample, count, depth);
		mutex_unlock(&bench_mutex);
	}
	kvfree(sample);
	put_device(&p->dev);
	return ret ?: size;
}

static ssize_t bench_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	ssize_t ret;

	mutex_lock(&bench_mutex);
	ret = simple_read_from_buffer(to, size, pos, answer, strlen(answer));
	mutex_unlock(&bench_mutex);
	return ret;
}

static const struct file_operations bench_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = bench_read,
	.write = bench_write,
	.llseek = default_llseek,
};

void remora_bench_init(void)
{
	init_completion(&bench.over);
	debugfs_create_file("bench_agree", 0600, remora_debugfs(), NULL, &bench_fops);
}
