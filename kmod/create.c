// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making and destroying partitions.
 *
 * A partition is allocated, takes its name in the list, acquires what the create table says, and
 * only then can be found. Destroy marks it dead under its lock, takes the device away, releases the
 * table in mirror order and unlists it; the memory of the object itself goes with the last reference
 * (open files hold one each).
 */
#define pr_fmt(fmt) "remora: " fmt

#include <linux/string.h>

#include "arch/x86/wake.h"
#include "channel.h"
#include "create.h"
#include "device.h"
#include "move.h"
#include "parse.h"
#include "regions.h"
#include "start.h"
#include "steps.h"
#include "trace.h"

#define DESTROY_ASK_MS 2000u

/* ---- the create table: p->lock is held, nobody can find the partition yet ---- */

static int create_image(void *context, struct remora_error *err)
{
	struct remora_partition *p = context;
	int ret = remora_image_load(&p->image, &p->image_data, p->image_name, p->image_file, err);

	if (!ret)
		remora_ledger_add(&p->ledger, REMORA_LEDGER_IMAGES, 1);
	return ret;
}

static void destroy_image(void *context)
{
	struct remora_partition *p = context;

	remora_image_unload(&p->image, &p->image_data);
	remora_ledger_add(&p->ledger, REMORA_LEDGER_IMAGES, -1);
}

static int create_memory(void *context, struct remora_error *err)
{
	struct remora_partition *p = context;
	int ret = remora_interrupted(err);

	if (ret)
		return ret;
	return remora_memory_acquire(&p->memory, p->want, p->want_count, &p->ledger, err);
}

static void destroy_memory(void *context)
{
	struct remora_partition *p = context;
	unsigned int i;

	for (i = p->core_count; i > 0; i--)
		remora_added_release(&p->cores[i - 1]);
	remora_memory_release(&p->memory, &p->ledger);
}

static void give_cpus_back(struct remora_partition *p, unsigned int count)
{
	while (count--) {
		struct remora_error err = {};

		if (remora_cpu_give_back(&p->cores[count].cpu, &p->ledger, &err))
			pr_err("%s: %s\n", p->name, err.message);
	}
}

static int create_cpus(void *context, struct remora_error *err)
{
	struct remora_partition *p = context;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < p->core_count; i++) {
		ret = remora_interrupted(err);
		if (!ret)
			ret = remora_cpu_take(&p->cores[i].cpu, p->cores[i].cpu.cpu, &p->ledger,
					      err);
		if (ret)
			break;
	}
	if (ret)
		give_cpus_back(p, i);
	return ret;
}

static void destroy_cpus(void *context)
{
	struct remora_partition *p = context;

	give_cpus_back(p, p->core_count);
}

static int create_regions(void *context, struct remora_error *err)
{
	int ret = remora_interrupted(err);

	return ret ? ret : remora_regions_alloc(context, err);
}

static void destroy_regions(void *context)
{
	remora_regions_free(context);
}

static int create_channels(void *context, struct remora_error *err)
{
	return remora_channels_open(context, err);
}

static void destroy_channels(void *context)
{
	remora_channels_revoke(context);
	remora_channels_close(context);
}

static int create_trace(void *context, struct remora_error *err)
{
	remora_trace_attach(context);
	return 0;
}

static void destroy_trace(void *context)
{
	remora_trace_detach(context);
}

static int create_doorbell(void *context, struct remora_error *err)
{
	return remora_doorbell_acquire(context, err);
}

static void destroy_doorbell(void *context)
{
	remora_doorbell_release(context);
}

static int create_device(void *context, struct remora_error *err)
{
	return remora_partition_device_add(context, err);
}

/*
 * The first thing that destroy releases, without p->lock: an attribute that is being read, for
 * which the removal waits, may want it.
 */
static void destroy_device(void *context)
{
	remora_partition_device_del(context);
}

static const struct remora_step create_steps[] = {
	{ "create-image", create_image, destroy_image },
	{ "create-memory", create_memory, destroy_memory },
	{ "create-cpus", create_cpus, destroy_cpus },
	{ "create-regions", create_regions, destroy_regions },
	{ "create-channels", create_channels, destroy_channels },
	{ "create-trace", create_trace, destroy_trace },
	{ "create-doorbell", create_doorbell, destroy_doorbell },
	{ "create-device", create_device, destroy_device },
};

/* Steps left when the device is gone. */
#define CREATE_STEPS_BUT_DEVICE (ARRAY_SIZE(create_steps) - 1)

/* ---- destroy ---- */

/*
 * Takes apart what is left of the create table; the partition is dead, or was never listed.
 *
 * The views end before the device goes, as an installed view is told in sysfs; and once more after the
 * watch, which may have kicked the mesh.
 */
static void partition_undo(struct remora_partition *p)
{
	remora_mesh_end(p);
	if (p->create_done > CREATE_STEPS_BUT_DEVICE)
		remora_steps_release(create_steps, CREATE_STEPS_BUT_DEVICE, &p->create_done, p);
	remora_watch_stop(p);
	remora_shootdown_end(p);
	remora_mesh_end(p);
	mutex_lock(&p->lock);
	remora_joined_leave(p);
	remora_steps_release(create_steps, 0, &p->create_done, p);
	mutex_unlock(&p->lock);
}

/* Return: 0 when this call made the partition dead. */
static int partition_kill(struct remora_partition *p, bool force, struct remora_error *err)
{
	int ret = 0;

	mutex_lock(&p->lock);
	if (p->dead) {
		ret = remora_fail(err, REMORA_R_NAME_UNKNOWN,
				  "partition \"%s\" was just destroyed", p->name);
	} else if (READ_ONCE(p->channel_count) && !force) {
		ret = remora_fail(err, REMORA_R_CHANNELS_OPEN,
				  "partition \"%s\" has %u open channels; destroy by force, or close them",
				  p->name, READ_ONCE(p->channel_count));
	} else {
		if (p->state != REMORA_OFFLINE)
			remora_stop_locked(p, true, DESTROY_ASK_MS, NULL);
		p->dead = true;
	}
	mutex_unlock(&p->lock);
	return ret;
}

static int partition_destroy(struct remora_partition *p, bool force, struct remora_error *err)
{
	int ret = partition_kill(p, force, err);

	if (ret)
		return ret;
	remora_partition_set_listed(p, false);
	partition_undo(p);
	remora_partition_event(p); /* EPOLLHUP for those who still have it open */
	remora_partition_unlist(p);
	pr_info("%s: destroyed\n", p->name);
	put_device(&p->dev); /* the reference of the list */
	return 0;
}

int remora_partition_destroy(const char *name, bool force, struct remora_error *err)
{
	struct remora_partition *p;
	int ret = remora_parse_name(name, err);

	if (ret)
		return ret;
	p = remora_partition_get(name);
	if (!p)
		return remora_fail(err, REMORA_R_NAME_UNKNOWN, "there is no partition \"%s\"",
				   name);
	ret = partition_destroy(p, force, err);
	put_device(&p->dev);
	return ret;
}

void remora_partition_destroy_all(void)
{
	struct remora_partition *p;

	while ((p = remora_partition_get(NULL))) {
		partition_destroy(p, true, NULL);
		put_device(&p->dev);
	}
}

/* ---- create ---- */

static void spec_warn(void *arg, enum remora_reason reason)
{
	struct remora_spec *spec = arg;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(spec->warnings); i++) {
		if (spec->warnings[i] == reason)
			return;
		if (!spec->warnings[i]) {
			spec->warnings[i] = reason;
			return;
		}
	}
}

/* Everything that can be said about a wanted partition without its image and without taking. */
static int spec_check(struct remora_spec *spec, struct remora_error *err)
{
	const u32 known = REMORA_CREATE_FAULTS | REMORA_CREATE_NO_SLEEP | REMORA_CREATE_AUTOSTART;
	int ret;

	memset(spec->warnings, 0, sizeof(spec->warnings));
	if (spec->flags & ~known)
		return remora_fail(err, REMORA_R_FLAGS_UNKNOWN,
				   "flags 0x%x has bits that this module does not know; known are 0x%x",
				   spec->flags, known);
	if (remora_power_busy())
		return remora_fail(err, REMORA_R_PLATFORM_SUSPEND, NULL);
	ret = remora_partition_name_check(spec->name, err);
	if (!ret)
		ret = remora_platform_check(spec_warn, spec, err);
	if (!ret)
		ret = remora_cpus_check(spec->cpus, spec->cpu_count, spec_warn, spec, err);
	if (!ret)
		ret = remora_memory_check(spec->extents, spec->extent_count, spec->cpu_count, err);
	return ret;
}

static void spec_default(struct remora_spec *spec)
{
	if (!spec->image_name[0])
		strscpy(spec->image_name, spec->image_file ? "(file descriptor)" : "remora/cpudrv.elf",
			sizeof(spec->image_name));
}

int remora_partition_check(struct remora_spec *spec, struct remora_error *err)
{
	struct remora_image image;
	void *data;
	int ret = spec_check(spec, err);

	if (ret)
		return ret;
	spec_default(spec);
	ret = remora_image_load(&image, &data, spec->image_name, spec->image_file, err);
	if (!ret)
		remora_image_unload(&image, &data);
	return ret;
}

/* Runs the create table, and starts the cores if that was asked for. */
static int partition_set_up(struct remora_partition *p, struct remora_error *err)
{
	int ret;

	mutex_lock(&p->lock);
	ret = remora_steps_acquire(create_steps, ARRAY_SIZE(create_steps), &p->create_done, p, err);
	p->image_file = NULL;
	if (!ret && (p->flags & REMORA_CREATE_AUTOSTART))
		ret = remora_start_locked(p, err);
	if (ret)
		p->dead = true;
	mutex_unlock(&p->lock);
	if (ret)
		partition_undo(p);
	return ret;
}

int remora_partition_create(struct remora_spec *spec, struct remora_error *err)
{
	struct remora_partition *p;
	int ret = spec_check(spec, err);

	if (ret)
		return ret;
	spec_default(spec);
	p = remora_partition_alloc(spec);
	if (!p)
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	ret = remora_partition_enlist(p, err);
	if (ret)
		goto put;
	/* Looked at once more now that the name is taken: see power.c. */
	smp_mb();
	if (remora_power_busy())
		ret = remora_fail(err, REMORA_R_PLATFORM_SUSPEND, NULL);
	else
		ret = partition_set_up(p, err);
	if (ret)
		goto unlist;
	remora_partition_set_listed(p, true);
	pr_info("%s: %u cores, %llu MiB\n", p->name, p->core_count, p->memory.bytes >> 20);
	return 0;

unlist:
	remora_partition_unlist(p);
put:
	put_device(&p->dev);
	return ret;
}
