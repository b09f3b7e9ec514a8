// SPDX-License-Identifier: GPL-2.0-only
/*
 * Partition objects: their memory, their device, their list. What they go through from create to
 * destroy is in create.c and start.c.
 */
#define pr_fmt(fmt) "remora: " fmt

#include <linux/bitmap.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "channel.h"
#include "create.h"
#include "device.h"
#include "parse.h"
#include "trace.h"

#define PARTITION_MINORS 256u

static DEFINE_MUTEX(remora_partitions_lock);
static LIST_HEAD(partitions); /* under the lock */

static struct class partition_class = {
	.name = "remora",
};
static struct device *root_device;
static dev_t partition_devt;
static DEFINE_IDA(partition_minors);

/*
 * Objects that were not freed yet: module exit waits for the last. Most are let go of by who holds the module,
 * but not all: where the kernel delays releases on purpose (CONFIG_DEBUG_KOBJECT_RELEASE), a work of its own does.
 */
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
	remora_trace_state(p, 0, READ_ONCE(p->state));
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
	struct remora_core *core;

	if (node < 1 || node > p->core_count)
		return NULL;
	core = &p->cores[node - 1];
	return core->present ? core : NULL;
}

unsigned int remora_partition_cores(const struct remora_partition *p)
{
	unsigned int i, count = 0;

	for (i = 0; i < READ_ONCE(p->core_count); i++)
		count += READ_ONCE(p->cores[i].present);
	return count;
}

int remora_core_unknown(const struct remora_partition *p, unsigned int node,
			enum remora_reason reason, struct remora_error *err)
{
	DECLARE_BITMAP(nodes, ABI_NODES_MAX) = {};
	unsigned int i;

	for (i = 0; i < p->core_count; i++)
		if (p->cores[i].present)
			__set_bit(i + 1, nodes);
	return remora_fail(err, reason, "%s has no core %u; its cores are %*pbl", p->name, node,
			   ABI_NODES_MAX, nodes);
}

/* ---- the object ---- */

static void partition_release(struct device *dev)
{
	struct remora_partition *p = container_of(dev, struct remora_partition, dev);

	/* A control call that was late may have queued the work after destroy had ended it. */
	remora_watch_stop(p);
	remora_mesh_end(p);
	kvfree(p->cores);
	kfree(p);
	if (atomic_dec_and_test(&partition_objects))
		wake_up_all(&partition_freed);
}

struct remora_partition *remora_partition_alloc(const struct remora_spec *spec)
{
	struct remora_partition *p = kzalloc(sizeof(*p), GFP_KERNEL);
	unsigned int i;

	if (!p)
		return NULL;
	p->cores = kvcalloc(REMORA_CPUS_MAX, sizeof(*p->cores), GFP_KERNEL);
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
	INIT_LIST_HEAD(&p->trace_link);
	remora_channels_init(p);
	remora_doorbell_init(p);
	remora_shootdown_init(p);
	remora_mesh_init(p);
	remora_bounds_init(p);
	remora_monitor_init(p);
	remora_names_init(p);
	remora_storm_init(p);
	remora_watch_init(p);
	for (i = 0; i < REMORA_CPUS_MAX; i++) {
		struct remora_core *core = &p->cores[i];

		core->partition = p;
		core->node = i + 1;
		core->state = REMORA_OFFLINE;
		INIT_LIST_HEAD(&core->added);
		remora_node_init(core);
		if (i >= p->core_count)
			continue;
		core->present = true;
		core->cpu.cpu = spec->cpus[i];
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

/* ---- its device ---- */

int remora_partition_device_add(struct remora_partition *p, struct remora_error *err)
{
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

void remora_partition_device_del(struct remora_partition *p)
{
	remora_ledger_add(&p->ledger, REMORA_LEDGER_PARTITIONS, -1);
	remora_sysfs_remove_cores(p);
	cdev_device_del(&p->cdev, &p->dev);
	ida_free(&partition_minors, p->minor);
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

int remora_partition_name_check(const char *name, struct remora_error *err)
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

int remora_partition_enlist(struct remora_partition *p, struct remora_error *err)
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

void remora_partition_unlist(struct remora_partition *p)
{
	mutex_lock(&remora_partitions_lock);
	list_del_init(&p->link);
	mutex_unlock(&remora_partitions_lock);
}

void remora_partition_set_listed(struct remora_partition *p, bool listed)
{
	mutex_lock(&remora_partitions_lock);
	p->listed = listed;
	mutex_unlock(&remora_partitions_lock);
}

struct remora_partition *remora_partition_get(const char *name)
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
	/* Who said that it was the last is still in partition_release(): out of it he is when he slept, or ended. */
	synchronize_rcu_tasks();
	ida_destroy(&partition_minors);
	class_unregister(&partition_class);
	unregister_chrdev_region(partition_devt, PARTITION_MINORS);
	root_device_unregister(root_device);
}
