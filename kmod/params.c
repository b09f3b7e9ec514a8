// SPDX-License-Identifier: GPL-2.0-only
/* insmod remora.ko cpus=2-3 memory=256M: one partition, described by parameters. */
#define pr_fmt(fmt) "remora: " fmt

#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "params.h"
#include "parse.h"
#include "partition.h"

static char *cpus;
module_param(cpus, charp, 0444);
MODULE_PARM_DESC(cpus, "CPUs of a partition made at load time, such as 2-3,6");

static char *memory;
module_param(memory, charp, 0444);
MODULE_PARM_DESC(memory, "its memory, such as 256M, 1G@1, block:512M or reserved:1G@0x100000000");

static char *name;
module_param(name, charp, 0444);
MODULE_PARM_DESC(name, "its name (default: default)");

static char *image;
module_param(image, charp, 0444);
MODULE_PARM_DESC(image, "its image below /lib/firmware (default: remora/cpudrv.elf)");

static bool autostart;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start it at once");

static bool nosleep;
module_param(nosleep, bool, 0444);
MODULE_PARM_DESC(nosleep, "its cores poll for ever and never halt");

static bool faults;
module_param(faults, bool, 0444);
MODULE_PARM_DESC(faults, "allow fault injection into it (testing)");

static int params_fail(const char *what, const char *value, const struct remora_error *err,
		       int ret)
{
	pr_err("%s=%s: %s\n", what, value, err->reason ? err->message : "cannot be used");
	return ret;
}

/* Numbers past what this machine can have are left to the CPU check, which names the culprit. */
static int params_cpus(struct remora_spec *spec, struct remora_error *err)
{
	unsigned long *list = bitmap_zalloc(NR_CPUS, GFP_KERNEL);
	unsigned int cpu;
	int ret;

	if (!list)
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	ret = bitmap_parselist(cpus, list, NR_CPUS);
	if (ret == -ERANGE || ret == -EOVERFLOW)
		ret = remora_fail(err, REMORA_R_CPU_UNKNOWN,
				  "a CPU of the list is beyond %u, or a range runs backwards",
				  NR_CPUS - 1);
	else if (ret)
		ret = remora_fail(err, REMORA_R_CPU_LIST_EMPTY,
				  "not a list of CPU numbers such as 2-3,6");
	else if (bitmap_empty(list, NR_CPUS))
		ret = remora_fail(err, REMORA_R_CPU_LIST_EMPTY, NULL);
	else if (bitmap_weight(list, NR_CPUS) > REMORA_CPUS_MAX)
		ret = remora_fail(err, REMORA_R_CPU_TOO_MANY, NULL);
	if (!ret)
		for_each_set_bit(cpu, list, NR_CPUS)
			spec->cpus[spec->cpu_count++] = cpu;
	bitmap_free(list);
	return ret;
}

static int params_string(char *to, size_t room, const char *from, enum remora_reason reason,
			 struct remora_error *err)
{
	if (from && strscpy(to, from, room) < 0)
		return remora_fail(err, reason, "longer than %zu characters", room - 1);
	return 0;
}

static int params_fill(struct remora_spec *spec, struct remora_error *err)
{
	int ret;

	if (!cpus || !memory) {
		pr_err("%s= is missing: a partition needs cpus= and memory=\n",
		       cpus ? "memory" : "cpus");
		return -EINVAL;
	}
	ret = params_cpus(spec, err);
	if (ret)
		return params_fail("cpus", cpus, err, ret);
	ret = remora_parse_memory(memory, spec->extents, REMORA_EXTENTS_MAX, err);
	if (ret < 0)
		return params_fail("memory", memory, err, ret);
	spec->extent_count = ret;
	ret = params_string(spec->name, sizeof(spec->name), name ? name : "default",
			    REMORA_R_NAME_INVALID, err);
	if (ret)
		return params_fail("name", name, err, ret);
	ret = params_string(spec->image_name, sizeof(spec->image_name), image,
			    REMORA_R_IMAGE_NOT_FOUND, err);
	if (ret)
		return params_fail("image", image, err, ret);
	if (autostart)
		spec->flags |= REMORA_CREATE_AUTOSTART;
	if (nosleep)
		spec->flags |= REMORA_CREATE_NO_SLEEP;
	if (faults)
		spec->flags |= REMORA_CREATE_FAULTS;
	return 0;
}

/* What insmod makes of these two is a story about a broken module file. */
static int params_errno(int ret)
{
	return ret == -ENOENT || ret == -ENOEXEC ? -EINVAL : ret;
}

int remora_params_apply(void)
{
	struct remora_error err = {};
	struct remora_spec *spec;
	int ret;

	if (!cpus && !memory && !name && !image && !autostart && !nosleep && !faults)
		return 0;
	spec = kzalloc(sizeof(*spec), GFP_KERNEL);
	if (!spec)
		return -ENOMEM;
	ret = params_fill(spec, &err);
	if (!ret) {
		ret = remora_partition_create(spec, &err);
		if (ret)
			pr_err("partition %s: %s\n", spec->name,
			       err.reason ? err.message : "cannot be created");
	}
	kfree(spec);
	return params_errno(ret);
}
