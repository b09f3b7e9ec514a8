// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes, all read-only, described in Documentation/ABI/testing/sysfs-remora:
 *
 *   /sys/kernel/remora/            the module: revisions, ledger/
 *   /sys/class/remora/remora-NAME/ a partition: state, cpus, ..., ledger/, core1/, core2/, ...
 *
 * None of them takes the partition's lock, so that they can be read while it starts or stops. What
 * they read exists from before the device appears until after its removal, which waits for readers.
 */
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/ctype.h>
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include <abi/image.h>
#include "device.h"
#include "partition.h"

static struct remora_partition *to_partition(struct device *dev)
{
	return container_of(dev, struct remora_partition, dev);
}

/* ---- the partition ---- */

#define PARTITION_ATTR(name, format, ...)                                                          \
	static ssize_t name##_show(struct device *dev, struct device_attribute *attr, char *buf)   \
	{                                                                                          \
		struct remora_partition *p = to_partition(dev);                                    \
                                                                                                   \
		return sysfs_emit(buf, format "\n", __VA_ARGS__);                                  \
	}                                                                                          \
	static DEVICE_ATTR_RO(name)

PARTITION_ATTR(state, "%s", remora_state_name(READ_ONCE(p->state)));
PARTITION_ATTR(cores, "%u", remora_partition_cores(p));
PARTITION_ATTR(memory, "%llu", p->memory.bytes);
PARTITION_ATTR(image, "%s", p->image_name);
PARTITION_ATTR(flags, "0x%x", p->flags);
PARTITION_ATTR(irq, "%u", READ_ONCE(p->doorbell.irq));
PARTITION_ATTR(doorbells, "%lld", (long long)atomic64_read(&p->doorbell.taken));
PARTITION_ATTR(doorbell_storms, "%u", READ_ONCE(p->storm.seen));
PARTITION_ATTR(channels, "%u", READ_ONCE(p->channel_count));
PARTITION_ATTR(block_cycles, "%llu", READ_ONCE(p->block_cycles));
PARTITION_ATTR(poll_cycles, "%llu", READ_ONCE(p->poll_cycles));
PARTITION_ATTR(generation, "%lld", (long long)atomic64_read(&p->generation));

static ssize_t last_crash_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct remora_partition *p = to_partition(dev);
	unsigned int node = READ_ONCE(p->last_crash_node);

	if (!node)
		return 0;
	return sysfs_emit(buf, "core %u CPU %u: %.*s\n", node, READ_ONCE(p->last_crash_cpu),
			  (int)sizeof(p->last_crash.reason), p->last_crash.reason);
}
static DEVICE_ATTR_RO(last_crash);

static ssize_t cpus_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct remora_partition *p = to_partition(dev);
	cpumask_var_t mask;
	unsigned int i;
	ssize_t ret;

	if (!zalloc_cpumask_var(&mask, GFP_KERNEL))
		return -ENOMEM;
	for (i = 0; i < READ_ONCE(p->core_count); i++)
		if (READ_ONCE(p->cores[i].present))
			cpumask_set_cpu(READ_ONCE(p->cores[i].cpu.cpu), mask);
	ret = sysfs_emit(buf, "%*pbl\n", cpumask_pr_args(mask));
	free_cpumask_var(mask);
	return ret;
}
static DEVICE_ATTR_RO(cpus);

static ssize_t extents_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	static const char *const sources[] = {
		[REMORA_MEMORY_AUTO] = "auto",
		[REMORA_MEMORY_RESERVED] = "reserved",
		[REMORA_MEMORY_BLOCK] = "block",
		[REMORA_MEMORY_CONTIGUOUS] = "contig",
	};
	struct remora_partition *p = to_partition(dev);
	unsigned int i;
	int at = 0;

	for (i = 0; i < p->memory.count; i++) {
		const struct remora_memory_extent *e = &p->memory.extent[i];

		at += sysfs_emit_at(buf, at, "%s 0x%llx %llu %d\n", sources[e->source],
				    (unsigned long long)e->base, e->bytes, e->numa);
	}
	return at;
}
static DEVICE_ATTR_RO(extents);

/* Under the lock, or the number of one view might come with the members of the next. */
static ssize_t view_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct remora_monitor *m = &to_partition(dev)->monitor;
	DECLARE_BITMAP(members, 64);
	u32 number;

	mutex_lock(&m->lock);
	number = m->number;
	bitmap_from_u64(members, m->members);
	mutex_unlock(&m->lock);
	return sysfs_emit(buf, "%u %*pbl\n", number, 64, members);
}
static DEVICE_ATTR_RO(view);

static ssize_t messages_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct remora_monitor_counts c;

	remora_monitor_counts(to_partition(dev), &c);
	return sysfs_emit(buf, "%llu %llu %llu\n", c.taken, c.dropped, c.broken);
}
static DEVICE_ATTR_RO(messages);

static ssize_t agreements_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct remora_monitor_counts c;

	remora_monitor_counts(to_partition(dev), &c);
	return sysfs_emit(buf, "%u\n", c.agreements);
}
static DEVICE_ATTR_RO(agreements);

static ssize_t names_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct remora_monitor_counts c;

	remora_monitor_counts(to_partition(dev), &c);
	return sysfs_emit(buf, "%u\n", c.names);
}
static DEVICE_ATTR_RO(names);

static ssize_t distances_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return remora_monitor_distances(to_partition(dev), buf, false);
}
static DEVICE_ATTR_RO(distances);

static ssize_t distances_unit_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return remora_monitor_distances(to_partition(dev), buf, true);
}
static DEVICE_ATTR_RO(distances_unit);

/* Where the rings lie that a node reads: constant while it is there. */
static ssize_t ring_nodes_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct remora_partition *p = to_partition(dev);
	unsigned int node;
	int at = 0;

	for (node = 0; node <= READ_ONCE(p->core_count); node++)
		if (!node || READ_ONCE(p->cores[node - 1].present))
			at += sysfs_emit_at(buf, at, "%u %d\n", node,
					    READ_ONCE(remora_ring_region(p, node)->numa));
	return at;
}
static DEVICE_ATTR_RO(ring_nodes);

static ssize_t channel_memory_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct remora_partition *p = to_partition(dev);
	unsigned int i;
	int at = 0;

	for (i = 0; i < p->places.count; i++) {
		const struct remora_region *r = &p->places.place[i].shared;

		if (r->bytes)
			at += sysfs_emit_at(buf, at, "0x%llx %zu %d\n", (u64)r->phys, r->bytes,
					    r->numa);
	}
	return at;
}
static DEVICE_ATTR_RO(channel_memory);

static struct attribute *partition_attrs[] = {
	&dev_attr_state.attr,
	&dev_attr_cores.attr,
	&dev_attr_cpus.attr,
	&dev_attr_memory.attr,
	&dev_attr_extents.attr,
	&dev_attr_ring_nodes.attr,
	&dev_attr_channel_memory.attr,
	&dev_attr_image.attr,
	&dev_attr_flags.attr,
	&dev_attr_irq.attr,
	&dev_attr_doorbells.attr,
	&dev_attr_doorbell_storms.attr,
	&dev_attr_channels.attr,
	&dev_attr_block_cycles.attr,
	&dev_attr_poll_cycles.attr,
	&dev_attr_generation.attr,
	&dev_attr_view.attr,
	&dev_attr_messages.attr,
	&dev_attr_agreements.attr,
	&dev_attr_names.attr,
	&dev_attr_distances.attr,
	&dev_attr_distances_unit.attr,
	&dev_attr_last_crash.attr,
	NULL,
};

static const struct attribute_group partition_group = { .attrs = partition_attrs };

/* ---- ledgers: one file an item, in the order of enum remora_ledger_item ---- */

struct ledger_attribute {
	struct device_attribute dev;
	struct kobj_attribute module;
	enum remora_ledger_item item;
};

static ssize_t partition_ledger_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct ledger_attribute *l = container_of(attr, struct ledger_attribute, dev);

	return sysfs_emit(buf, "%lld\n",
			  (long long)remora_ledger_read(&to_partition(dev)->ledger, l->item));
}

static ssize_t module_ledger_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct ledger_attribute *l = container_of(attr, struct ledger_attribute, module);

	return sysfs_emit(buf, "%lld\n", (long long)remora_ledger_read(NULL, l->item));
}

static struct ledger_attribute ledger_attributes[REMORA_LEDGER_COUNT];
static struct attribute *partition_ledger_attrs[REMORA_LEDGER_COUNT + 1];
static struct attribute *module_ledger_attrs[REMORA_LEDGER_COUNT + 1];

static const struct attribute_group partition_ledger_group = {
	.name = "ledger",
	.attrs = partition_ledger_attrs,
};

static const struct attribute_group module_ledger_group = {
	.name = "ledger",
	.attrs = module_ledger_attrs,
};

const struct attribute_group *remora_partition_groups[] = {
	&partition_group,
	&partition_ledger_group,
	NULL,
};

static void ledger_attributes_init(void)
{
	unsigned int i;

	for (i = 0; i < REMORA_LEDGER_COUNT; i++) {
		struct ledger_attribute *l = &ledger_attributes[i];

		l->item = i;
		l->dev.attr.name = remora_ledger_names[i];
		l->dev.attr.mode = 0444;
		l->dev.show = partition_ledger_show;
		l->module.attr = l->dev.attr;
		l->module.show = module_ledger_show;
		sysfs_attr_init(&l->dev.attr);
		sysfs_attr_init(&l->module.attr);
		partition_ledger_attrs[i] = &l->dev.attr;
		module_ledger_attrs[i] = &l->module.attr;
	}
}

/* ---- a core ---- */

/* Directory of a core: an object of its own, which goes when the last reader has gone. */
struct core_directory {
	struct kobject kobj;
	struct remora_core *core;
};

static struct remora_core *to_core(struct kobject *kobj)
{
	return container_of(kobj, struct core_directory, kobj)->core;
}

#define CORE_ATTR(name, format, ...)                                                               \
	static ssize_t core_##name##_show(struct kobject *kobj, struct kobj_attribute *attr,       \
					  char *buf)                                               \
	{                                                                                          \
		struct remora_core *c = to_core(kobj);                                             \
                                                                                                   \
		return sysfs_emit(buf, format "\n", __VA_ARGS__);                                  \
	}                                                                                          \
	static struct kobj_attribute core_attr_##name =                                            \
		__ATTR(name, 0444, core_##name##_show, NULL)

/* A number that the core writes: read once, printed as it is. */
#define CORE_COUNTER(name, field) CORE_ATTR(name, "%llu", READ_ONCE(c->page->field))

CORE_ATTR(state, "%s", remora_state_name(READ_ONCE(c->state)));
CORE_ATTR(cpu, "%u", c->cpu.cpu);
CORE_ATTR(apic_id, "%u", c->cpu.apic_id);
CORE_ATTR(numa_node, "%d", c->cpu.numa);
CORE_ATTR(channels, "%u", READ_ONCE(c->channels));
CORE_ATTR(sleeping, "%u", READ_ONCE(c->page->sleeping));
CORE_ATTR(boot_ns, "%llu", remora_core_boot_ns(c));
CORE_ATTR(console_lines, "%llu", READ_ONCE(c->console->written));
CORE_COUNTER(heartbeat, heartbeat);
CORE_COUNTER(poll_cycles, poll_cycles);
CORE_COUNTER(block_cycles, block_cycles);
CORE_COUNTER(doorbells_received, count.doorbells);
CORE_COUNTER(doorbells_sent, count.bells_rung);
CORE_COUNTER(foreign_interrupts, count.foreign);
CORE_COUNTER(foreign_last, count.foreign_last);
CORE_COUNTER(nmis, count.nmis);
CORE_COUNTER(machine_checks, count.machine_checks);
CORE_COUNTER(timers, count.timers);
CORE_COUNTER(spurious, count.spurious);
CORE_COUNTER(sleeps, count.sleeps);
CORE_COUNTER(messages_received, count.received);
CORE_COUNTER(messages_sent, count.sent);
CORE_COUNTER(protocol_errors, count.protocol_errors);
CORE_ATTR(trace_recorded, "%llu", READ_ONCE(c->trace_reader.recorded));
CORE_ATTR(trace_lost, "%llu", READ_ONCE(c->trace_reader.lost));
CORE_ATTR(trace_bad, "%llu", READ_ONCE(c->trace_reader.bad));

/* One line about the last crash, empty when there was none since the last start. */
static ssize_t core_crash_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct remora_core *c = to_core(kobj);

	if (READ_ONCE(c->state) != REMORA_CRASHED)
		return sysfs_emit(buf, "\n");
	return sysfs_emit(buf, "%.*s (vector %u, error 0x%x, rip 0x%llx, rsp 0x%llx, cr2 0x%llx)\n",
			  (int)sizeof(c->crash.reason), c->crash.reason, c->crash.vector,
			  c->crash.error, c->crash.rip, c->crash.rsp, c->crash.cr2);
}
static struct kobj_attribute core_attr_crash = __ATTR(crash, 0444, core_crash_show, NULL);

static struct attribute *core_attrs[] = {
	&core_attr_state.attr,
	&core_attr_cpu.attr,
	&core_attr_apic_id.attr,
	&core_attr_numa_node.attr,
	&core_attr_channels.attr,
	&core_attr_sleeping.attr,
	&core_attr_console_lines.attr,
	&core_attr_heartbeat.attr,
	&core_attr_poll_cycles.attr,
	&core_attr_block_cycles.attr,
	&core_attr_doorbells_received.attr,
	&core_attr_doorbells_sent.attr,
	&core_attr_foreign_interrupts.attr,
	&core_attr_foreign_last.attr,
	&core_attr_nmis.attr,
	&core_attr_machine_checks.attr,
	&core_attr_timers.attr,
	&core_attr_spurious.attr,
	&core_attr_sleeps.attr,
	&core_attr_messages_received.attr,
	&core_attr_messages_sent.attr,
	&core_attr_protocol_errors.attr,
	&core_attr_trace_recorded.attr,
	&core_attr_trace_lost.attr,
	&core_attr_trace_bad.attr,
	&core_attr_boot_ns.attr,
	&core_attr_crash.attr,
	NULL,
};
ATTRIBUTE_GROUPS(core);

static void core_directory_release(struct kobject *kobj)
{
	struct core_directory *d = container_of(kobj, struct core_directory, kobj);

	put_device(&d->core->partition->dev);
	kfree(d);
}

static const struct kobj_type core_type = {
	.release = core_directory_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = core_groups,
};

int remora_sysfs_add_core(struct remora_core *core)
{
	struct core_directory *d = kzalloc(sizeof(*d), GFP_KERNEL);
	int ret;

	if (!d)
		return -ENOMEM;
	get_device(&core->partition->dev);
	d->core = core;
	ret = kobject_init_and_add(&d->kobj, &core_type, &core->partition->dev.kobj, "core%u",
				   core->node);
	if (ret) {
		kobject_put(&d->kobj);
		return ret;
	}
	core->directory = &d->kobj;
	return 0;
}

int remora_sysfs_add_cores(struct remora_partition *p)
{
	unsigned int i;
	int ret;

	for (i = 0; i < p->core_count; i++) {
		ret = remora_sysfs_add_core(&p->cores[i]);
		if (ret) {
			remora_sysfs_remove_cores(p);
			return ret;
		}
	}
	return 0;
}

void remora_sysfs_remove_core(struct remora_core *core)
{
	struct kobject *kobj = core->directory;

	if (!kobj)
		return;
	core->directory = NULL;
	kobject_del(kobj);
	kobject_put(kobj);
}

void remora_sysfs_remove_cores(struct remora_partition *p)
{
	unsigned int i;

	for (i = p->core_count; i > 0; i--)
		remora_sysfs_remove_core(&p->cores[i - 1]);
}

/* ---- the module ---- */

static struct kobject *module_directory;

static ssize_t abi_revision_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", ABI_REVISION);
}
static struct kobj_attribute module_attr_abi = __ATTR_RO(abi_revision);

static ssize_t uapi_revision_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", REMORA_UAPI_REVISION);
}
static struct kobj_attribute module_attr_uapi = __ATTR_RO(uapi_revision);

static struct attribute *module_attrs[] = {
	&module_attr_abi.attr,
	&module_attr_uapi.attr,
	NULL,
};

static const struct attribute_group module_group = { .attrs = module_attrs };

static const struct attribute_group *module_groups[] = {
	&module_group,
	&module_ledger_group,
	NULL,
};

int remora_sysfs_init(void)
{
	int ret;

	ledger_attributes_init();
	module_directory = kobject_create_and_add("remora", kernel_kobj);
	if (!module_directory)
		return -ENOMEM;
	ret = sysfs_create_groups(module_directory, module_groups);
	if (ret)
		kobject_put(module_directory);
	return ret;
}

void remora_sysfs_exit(void)
{
	sysfs_remove_groups(module_directory, module_groups);
	kobject_put(module_directory);
}
