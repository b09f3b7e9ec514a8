// SPDX-License-Identifier: GPL-2.0-only
/*
 * Partition objects: made, listed, destroyed.
 *
 * A partition is allocated, takes its name in the list, acquires what the create table says, and
 * only then can be found. Destroy marks it dead under its lock, takes the device away, releases the
 * table in mirror order and unlists it; the memory of the object itself goes with the last reference
 * (open files hold one each).
 */
#define pr_fmt(fmt) "remora: " fmt

#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "arch/x86/wake.h"
#include "channel.h"
#include "device.h"
#include "parse.h"
#include "regions.h"
#include "start.h"
#include "steps.h"

#define PARTITION_MINORS 256u
#define DESTROY_ASK_MS 2000u

static DEFINE_MUTEX(remora_partitions_lock);
static LIST_HEAD(partitions); /* under the lock */

static struct class partition_class = {
	.name = "remora",
};
static struct device *root_device;
static dev_t partition_devt;
static DEFINE_IDA(partition_minors);

/* Objects that were not freed yet: module exit waits for the last. */
static atomic_t partition_objects;
static DECLARE_WAIT_QUEUE_HEAD(partition_freed);

/* ---- events ---- */

static const struct remora_core *first_crashed(const struct remora_partition *p)
{
	unsigned int i;

	for (i = 0; i < p->core_count; i++)
		if (READ_ONCE(p->cores[i].state) == REMORA_CRASHED)
			return &p->cores[i];
	return NULL;
}

void remora_partition_event(struct remora_partition *p)
{
	const struct remora_core *crashed = first_crashed(p);
	char name[8 + REMORA_NAME_MAX], state[32], core[24];
	char *env[] = { name, state, crashed ? core : NULL, NULL };

	atomic64_inc(&p->generation);
	wake_up_all(&p->events);
	if (!device_is_registered(&p->dev))
		return;
	snprintf(name, sizeof(name), "NAME=%s", p->name);
	snprintf(state, sizeof(state), "STATE=%s", remora_state_name(READ_ONCE(p->state)));
	if (crashed)
		snprintf(core, sizeof(core), "CORE=%u", crashed->node);
	sysfs_notify(&p->dev.kobj, NULL, "state");
	kobject_uevent_env(&p->dev.kobj, KOBJ_CHANGE, env);
}

struct remora_core *remora_partition_core(struct remora_partition *p, unsigned int node)
{
	return node >= 1 && node <= p->core_count ? &p->cores[node - 1] : NULL;
}

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
	struct remora_partition *p = context;
	int ret = ida_alloc_max(&partition_minors, PARTITION_MINORS - 1, GFP_KERNEL);

	if (ret < 0)
		return remora_fail(err, REMORA_R_NO_MEMORY, "no device number for \"%s\"", p->name);
	p->minor = ret;
	p->dev.devt = MKDEV(MAJOR(partition_devt), p->minor);
	cdev_init(&p->cdev, &remora_device_fops);
	p->cdev.owner = THIS_MODULE;
	ret = cdev_device_add(&p->cdev, &p->dev);
	if (ret)
		goto free_minor;
	ret = remora_sysfs_add_cores(p);
	if (ret)
		goto del_device;
	remora_ledger_add(&p->ledger, REMORA_LEDGER_PARTITIONS, 1);
	return 0;

del_device:
	cdev_device_del(&p->cdev, &p->dev);
free_minor:
	ida_free(&partition_minors, p->minor);
	return remora_fail(err, REMORA_R_NO_MEMORY, "the device of \"%s\" cannot be made (error %d)",
			   p->name, ret);
}

/*
 * The first thing that destroy releases, without p->lock: an attribute that is being read, for
 * which the removal waits, may want it.
 */
static void destroy_device(void *context)
{
	struct remora_partition *p = context;

	remora_ledger_add(&p->ledger, REMORA_LEDGER_PARTITIONS, -1);
	remora_sysfs_remove_cores(p);
	cdev_device_del(&p->cdev, &p->dev);
	ida_free(&partition_minors, p->minor);
}

static const struct remora_step create_steps[] = {
	{ "create-image", create_image, destroy_image },
	{ "create-memory", create_memory, destroy_memory },
	{ "create-cpus", create_cpus, destroy_cpus },
	{ "create-regions", create_regions, destroy_regions },
	{ "create-channels", create_channels, destroy_channels },
	{ "create-doorbell", create_doorbell, destroy_doorbell },
	{ "create-device", create_device, destroy_device },
};

/* Steps left when the device is gone. */
#define CREATE_STEPS_BUT_DEVICE (ARRAY_SIZE(create_steps) - 1)

/* ---- the object ---- */

static void partition_release(struct device *dev)
{
	struct remora_partition *p = container_of(dev, struct remora_partition, dev);

	/* A control call that was late may have queued the work after destroy had ended it. */
	remora_watch_stop(p);
	kfree(p->cores);
	kfree(p);
	if (atomic_dec_and_test(&partition_objects))
		wake_up_all(&partition_freed);
}

static struct remora_partition *partition_alloc(const struct remora_spec *spec)
{
	struct remora_partition *p = kzalloc(sizeof(*p), GFP_KERNEL);
	unsigned int i;

	if (!p)
		return NULL;
	p->cores = kcalloc(spec->cpu_count, sizeof(*p->cores), GFP_KERNEL);
	if (!p->cores) {
		kfree(p);
		return NULL;
	}
	atomic_inc(&partition_objects);
	strscpy(p->name, spec->name, sizeof(p->name));
	strscpy(p->image_name, spec->image_name, sizeof(p->image_name));
	p->image_file = spec->image_file;
	p->flags = spec->flags;
	p->core_count = spec->cpu_count;
	p->want_count = spec->extent_count;
	memcpy(p->want, spec->extents, sizeof(p->want));
	mutex_init(&p->lock);
	init_waitqueue_head(&p->events);
	INIT_LIST_HEAD(&p->link);
	remora_channels_init(p);
	remora_doorbell_init(p);
	remora_watch_init(p);
	for (i = 0; i < p->core_count; i++) {
		struct remora_core *core = &p->cores[i];

		core->partition = p;
		core->node = i + 1;
		core->cpu.cpu = spec->cpus[i];
		core->state = REMORA_OFFLINE;
		remora_node_init(core);
	}

	device_initialize(&p->dev);
	p->dev.class = &partition_class;
	p->dev.groups = remora_partition_groups;
	p->dev.release = partition_release;
	if (dev_set_name(&p->dev, "remora-%s", p->name)) {
		put_device(&p->dev);
		return NULL;
	}
	return p;
}

/* ---- the list ---- */

static struct remora_partition *partition_find(const char *name)
{
	struct remora_partition *p;

	lockdep_assert_held(&remora_partitions_lock);
	list_for_each_entry(p, &partitions, link)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}

static int partition_enlist(struct remora_partition *p, struct remora_error *err)
{
	int ret = 0;

	mutex_lock(&remora_partitions_lock);
	if (partition_find(p->name))
		ret = remora_fail(err, REMORA_R_NAME_EXISTS, "partition \"%s\" exists already",
				  p->name);
	else
		list_add_tail(&p->link, &partitions);
	mutex_unlock(&remora_partitions_lock);
	return ret;
}

static void partition_unlist(struct remora_partition *p)
{
	mutex_lock(&remora_partitions_lock);
	list_del_init(&p->link);
	mutex_unlock(&remora_partitions_lock);
}

static void partition_set_listed(struct remora_partition *p, bool listed)
{
	mutex_lock(&remora_partitions_lock);
	p->listed = listed;
	mutex_unlock(&remora_partitions_lock);
}

/* A reference to the partition of that name, or to any with NULL. */
static struct remora_partition *partition_get(const char *name)
{
	struct remora_partition *p, *found = NULL;

	mutex_lock(&remora_partitions_lock);
	list_for_each_entry(p, &partitions, link) {
		if (p->listed && (!name || !strcmp(p->name, name))) {
			get_device(&p->dev);
			found = p;
			break;
		}
	}
	mutex_unlock(&remora_partitions_lock);
	return found;
}

unsigned int remora_partitions_count(void)
{
	struct remora_partition *p;
	unsigned int count = 0;

	mutex_lock(&remora_partitions_lock);
	list_for_each_entry(p, &partitions, link)
		count++;
	mutex_unlock(&remora_partitions_lock);
	return count;
}

unsigned int remora_partitions_names(char (*names)[REMORA_NAME_MAX], unsigned int room)
{
	struct remora_partition *p;
	unsigned int count = 0;

	mutex_lock(&remora_partitions_lock);
	list_for_each_entry(p, &partitions, link) {
		if (!p->listed)
			continue;
		if (count < room)
			memcpy(names[count], p->name, REMORA_NAME_MAX);
		count++;
	}
	mutex_unlock(&remora_partitions_lock);
	return count;
}

/* ---- destroy ---- */

/* Takes apart what is left of the create table; the partition is dead, or was never listed. */
static void partition_undo(struct remora_partition *p)
{
	if (p->create_done > CREATE_STEPS_BUT_DEVICE)
		remora_steps_release(create_steps, CREATE_STEPS_BUT_DEVICE, &p->create_done, p);
	remora_watch_stop(p);
	mutex_lock(&p->lock);
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
	partition_set_listed(p, false);
	partition_undo(p);
	remora_partition_event(p); /* EPOLLHUP for those who still have it open */
	partition_unlist(p);
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
	p = partition_get(name);
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

	while ((p = partition_get(NULL))) {
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

/* Good, and free at this moment? */
static int name_check(const char *name, struct remora_error *err)
{
	int ret = remora_parse_name(name, err);

	if (ret)
		return ret;
	mutex_lock(&remora_partitions_lock);
	if (partition_find(name))
		ret = remora_fail(err, REMORA_R_NAME_EXISTS, "partition \"%s\" exists already",
				  name);
	mutex_unlock(&remora_partitions_lock);
	return ret;
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
	ret = name_check(spec->name, err);
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
	p = partition_alloc(spec);
	if (!p)
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	ret = partition_enlist(p, err);
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
	partition_set_listed(p, true);
	pr_info("%s: %u cores, %llu MiB\n", p->name, p->core_count, p->memory.bytes >> 20);
	return 0;

unlist:
	partition_unlist(p);
put:
	put_device(&p->dev);
	return ret;
}

/* ---- module ---- */

struct device *remora_root_device(void)
{
	return root_device;
}

int remora_partitions_init(void)
{
	int ret;

	root_device = root_device_register("remora");
	if (IS_ERR(root_device))
		return PTR_ERR(root_device);
	ret = alloc_chrdev_region(&partition_devt, 0, PARTITION_MINORS, "remora");
	if (ret)
		goto unregister_root;
	ret = class_register(&partition_class);
	if (ret)
		goto unregister_region;
	return 0;

unregister_region:
	unregister_chrdev_region(partition_devt, PARTITION_MINORS);
unregister_root:
	root_device_unregister(root_device);
	return ret;
}

void remora_partitions_exit(void)
{
	remora_partition_destroy_all();
	wait_event(partition_freed, !atomic_read(&partition_objects));
	ida_destroy(&partition_minors);
	class_unregister(&partition_class);
	unregister_chrdev_region(partition_devt, PARTITION_MINORS);
	root_device_unregister(root_device);
}
