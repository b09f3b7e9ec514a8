// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling user space about a partition: status and console. What the cores wrote is read once, and
 * the partition's lock keeps their pages in place meanwhile; nothing goes to user space under it.
 */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/tsc.h>

#include "console.h"
#include "device.h"
#include "device_priv.h"
#include "start.h"
#include "watch.h"

/* No core takes an hour to boot: a longer time is a ruined page. */
#define BOOT_CYCLES_MAX ((u64)tsc_khz * 1000 * 3600)

u64 remora_core_boot_ns(const struct remora_core *core)
{
	u64 ready, cycles;

	if (!core->page)
		return 0;
	ready = READ_ONCE(core->page->ready_tsc);
	cycles = ready - core->sipi_tsc;
	if (ready <= core->sipi_tsc || cycles > BOOT_CYCLES_MAX)
		return 0;
	return mul_u64_u64_div_u64(cycles, NSEC_PER_MSEC, tsc_khz);
}

/* ---- status ---- */

/* What the core itself says. */
static void fill_counters(struct remora_core_status *s, const struct remora_core *core)
{
	const struct abi_core *page = core->page;

	s->sleeping = READ_ONCE(page->sleeping) == 1;
	s->x2apic = READ_ONCE(page->x2apic) == 1;
	s->boot_ns = remora_core_boot_ns(core);
	s->heartbeat = READ_ONCE(page->heartbeat);
	s->doorbells_received = READ_ONCE(page->count.doorbells);
	s->doorbells_sent = READ_ONCE(page->count.bells_rung);
	s->foreign_interrupts = READ_ONCE(page->count.foreign);
	s->foreign_last = READ_ONCE(page->count.foreign_last);
	s->nmis = READ_ONCE(page->count.nmis);
	s->machine_checks = READ_ONCE(page->count.machine_checks);
	s->timers = READ_ONCE(page->count.timers);
	s->sleeps = READ_ONCE(page->count.sleeps);
	s->messages_received = READ_ONCE(page->count.received);
	s->messages_sent = READ_ONCE(page->count.sent);
	s->protocol_errors = READ_ONCE(page->count.protocol_errors);
	s->poll_cycles = READ_ONCE(page->poll_cycles);
	s->block_cycles = READ_ONCE(page->block_cycles);
}

static void fill_core(struct remora_core_status *s, const struct remora_core *core)
{
	s->node = core->node;
	s->cpu = core->cpu.cpu;
	s->apic_id = core->cpu.apic_id;
	s->numa = core->cpu.numa;
	s->state = READ_ONCE(core->state);
	s->channels = READ_ONCE(core->channels);
	if (core->page && !core->page_ruined)
		fill_counters(s, core);
	if (core->console)
		s->console_lines = READ_ONCE(core->console->written);
	if (s->state != REMORA_CRASHED)
		return;
	s->crash_vector = core->crash.vector;
	s->crash_error = core->crash.error;
	s->crash_rip = core->crash.rip;
	s->crash_rsp = core->crash.rsp;
	s->crash_cr2 = core->crash.cr2;
	static_assert(sizeof(s->crash_reason) == sizeof(core->crash.reason));
	memcpy(s->crash_reason, core->crash.reason, sizeof(s->crash_reason));
}

/* Return: behind the last one. */
static struct remora_extent *fill_extents(struct remora_extent *e, const struct remora_memory *m)
{
	unsigned int i;

	for (i = 0; i < m->count; i++, e++) {
		e->bytes = m->extent[i].bytes;
		e->address = m->extent[i].base;
		e->node = m->extent[i].numa;
		e->source = m->extent[i].source;
	}
	return e;
}

static void fill_status(struct remora_status *s, struct remora_partition *p)
{
	s->state = p->state;
	memcpy(s->name, p->name, sizeof(s->name));
	s->flags = p->flags;
	s->core_count = remora_partition_cores(p);
	s->extent_count = p->memory.count;
	s->memory = p->memory.bytes;
	s->tsc_khz = tsc_khz;
	s->generation = atomic64_read(&p->generation);
	s->channels = READ_ONCE(p->channel_count);
	s->irq = p->doorbell.irq;
	s->doorbells = atomic64_read(&p->doorbell.taken);
	memcpy(s->image, p->image_name, sizeof(s->image));
}

/* Arrays big enough for everything, filled under the lock. */
struct status_arrays {
	struct remora_core_status *cores;
	struct remora_extent *extents;
};

static void count_extents(struct remora_status *s, const struct remora_core *core)
{
	const struct remora_added *added;

	if (core->own) {
		s->extent_count += core->own->count;
		s->memory += core->own->bytes;
	}
	list_for_each_entry(added, &core->added, link) {
		s->extent_count++;
		s->memory += added->memory.bytes;
	}
}

static int collect(struct remora_partition *p, struct remora_status *s, struct status_arrays *a)
{
	const struct remora_added *added;
	struct remora_core_status *status;
	struct remora_error err = {};
	struct remora_extent *extent;
	struct remora_core *core;
	int ret;

	a->cores = kvcalloc(REMORA_CPUS_MAX, sizeof(*a->cores), GFP_KERNEL);
	if (!a->cores)
		return -ENOMEM;
	ret = remora_partition_lock(p, &err);
	if (ret)
		return ret;
	fill_status(s, p);
	remora_for_each_core(core, p)
		count_extents(s, core);
	a->extents = kvcalloc(s->extent_count, sizeof(*a->extents), GFP_KERNEL);
	if (!a->extents) {
		mutex_unlock(&p->lock);
		return -ENOMEM;
	}
	status = a->cores;
	extent = fill_extents(a->extents, &p->memory);
	remora_for_each_core(core, p) {
		fill_core(status++, core);
		if (core->own)
			extent = fill_extents(extent, core->own);
		list_for_each_entry(added, &core->added, link)
			extent = fill_extents(extent, &added->memory);
	}
	mutex_unlock(&p->lock);
	return 0;
}

/* Copies core by core, in steps of what user space takes for the size of one. */
static int copy_cores(const struct remora_status *s, const struct status_arrays *a)
{
	const size_t known = sizeof(struct remora_core_status);
	char __user *to = u64_to_user_ptr(s->cores);
	unsigned int i;

	for (i = 0; i < min(s->core_count, s->core_room); i++, to += s->core_size)
		if (copy_to_user(to, &a->cores[i], known) ||
		    clear_user(to + known, s->core_size - known))
			return -EFAULT;
	return 0;
}

long remora_device_status(struct file *file, void *arg, struct remora_error *err)
{
	struct remora_device_file *df = file->private_data;
	struct remora_status *s = arg;
	struct status_arrays a = {};
	unsigned int extents;
	long ret;

	if (s->core_room &&
	    (s->core_size < sizeof(struct remora_core_status) || s->core_size > PAGE_SIZE))
		return -EINVAL;
	ret = collect(df->partition, s, &a);
	if (!ret)
		ret = copy_cores(s, &a);
	extents = min(s->extent_count, s->extent_room);
	if (!ret && copy_to_user(u64_to_user_ptr(s->extents), a.extents,
				 extents * sizeof(*a.extents)))
		ret = -EFAULT;
	if (!ret)
		WRITE_ONCE(df->seen_generation, s->generation);
	kvfree(a.extents);
	kvfree(a.cores);
	return ret;
}

/* ---- console ---- */

/* Lines from c->next on into @lines. Under p->lock. */
static unsigned int collect_lines(struct remora_core *core, struct remora_console *c,
				  struct remora_console_line *lines, unsigned int room)
{
	unsigned int count = 0;

	while (core->console && count < room &&
	       remora_console_next(core->console, REMORA_CONSOLE_RECORDS, &c->next, &c->missed,
				   &lines[count]))
		count++;
	return count;
}

long remora_device_console(struct file *file, void *arg, struct remora_error *err)
{
	struct remora_device_file *df = file->private_data;
	struct remora_partition *p = df->partition;
	struct remora_console *c = arg;
	unsigned int room = min(c->count, REMORA_CONSOLE_RECORDS);
	struct remora_console_line *lines;
	struct remora_core *core;
	long ret;

	if (c->reserved)
		return -EINVAL;
	lines = kvcalloc(max(room, 1u), sizeof(*lines), GFP_KERNEL);
	if (!lines)
		return -ENOMEM;
	ret = remora_partition_lock(p, err);
	if (ret)
		goto out;
	core = remora_partition_core(p, c->node);
	if (!core) {
		mutex_unlock(&p->lock);
		ret = -ECHRNG;
		goto out;
	}
	c->missed = 0;
	remora_watch_console(core);
	c->count = collect_lines(core, c, lines, room);
	/* With no room left there may be more: any other number than the present one says so. */
	WRITE_ONCE(df->seen_lines[c->node - 1],
		   READ_ONCE(core->seen_console) - (c->count == room));
	remora_watch_console_arm(core);
	mutex_unlock(&p->lock);
	if (copy_to_user(u64_to_user_ptr(c->lines), lines, c->count * sizeof(*lines)))
		ret = -EFAULT;
out:
	kvfree(lines);
	return ret;
}
