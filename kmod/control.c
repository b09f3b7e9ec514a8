// SPDX-License-Identifier: GPL-2.0-only
/* /dev/remora: what exists, and what is to exist. */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>

#include <abi/image.h>
#include "device.h"
#include "ioctl.h"
#include "partition.h"

static_assert(sizeof(struct remora_create) <= REMORA_IOCTL_BUFFER);
static_assert(sizeof(struct remora_status) <= REMORA_IOCTL_BUFFER);

static long control_version(struct file *file, void *arg, struct remora_error *err)
{
	struct remora_version *v = arg;

	v->uapi_revision = REMORA_UAPI_REVISION;
	v->abi_revision = ABI_REVISION;
	v->partitions = remora_partitions_count();
	strscpy_pad(v->module, THIS_MODULE->version ? THIS_MODULE->version : "",
		    sizeof(v->module));
	strscpy_pad(v->kernel, init_utsname()->release, sizeof(v->kernel));
	return 0;
}

static int control_copy_cpus(struct remora_spec *spec, const struct remora_create *c,
			     struct remora_error *err)
{
	if (!c->cpu_count)
		return remora_fail(err, REMORA_R_CPU_LIST_EMPTY, NULL);
	if (c->cpu_count > REMORA_CPUS_MAX)
		return remora_fail(err, REMORA_R_CPU_TOO_MANY,
				   "%u CPUs were asked for; a partition has at most %u",
				   c->cpu_count, REMORA_CPUS_MAX);
	spec->cpu_count = c->cpu_count;
	if (copy_from_user(spec->cpus, u64_to_user_ptr(c->cpus),
			   c->cpu_count * sizeof(spec->cpus[0])))
		return -EFAULT;
	return 0;
}

static int control_copy_extents(struct remora_spec *spec, const struct remora_create *c,
				struct remora_error *err)
{
	if (!c->extent_count)
		return remora_fail(err, REMORA_R_MEMORY_NONE, NULL);
	if (c->extent_count > REMORA_EXTENTS_MAX)
		return remora_fail(err, REMORA_R_MEMORY_TOO_MANY,
				   "%u extents were asked for; a partition has at most %u",
				   c->extent_count, REMORA_EXTENTS_MAX);
	spec->extent_count = c->extent_count;
	if (copy_from_user(spec->extents, u64_to_user_ptr(c->extents),
			   c->extent_count * sizeof(spec->extents[0])))
		return -EFAULT;
	return 0;
}

/* The user's structure as a spec; everything but the image file, which the caller gets and puts. */
static int control_copy_spec(struct remora_spec *spec, const struct remora_create *c,
			     struct remora_error *err)
{
	int ret;

	if (c->reserved)
		return remora_fail(err, REMORA_R_RESERVED_FIELD, NULL);
	if (strnlen(c->name, sizeof(c->name)) == sizeof(c->name))
		return remora_fail(err, REMORA_R_NAME_INVALID,
				   "the name has no end; it has 1 to %u characters",
				   REMORA_NAME_MAX - 1);
	if (strnlen(c->image_name, sizeof(c->image_name)) == sizeof(c->image_name))
		return remora_fail(err, REMORA_R_IMAGE_NOT_FOUND,
				   "the image's name has no end; it has up to %u characters",
				   REMORA_PATH_MAX - 1);
	spec->flags = c->flags;
	strscpy(spec->name, c->name, sizeof(spec->name));
	strscpy(spec->image_name, c->image_name, sizeof(spec->image_name));
	ret = control_copy_cpus(spec, c, err);
	if (!ret)
		ret = control_copy_extents(spec, c, err);
	return ret;
}

static long control_with_spec(struct remora_create *c, struct remora_error *err,
			      int (*act)(struct remora_spec *spec, struct remora_error *err))
{
	struct remora_spec *spec = kzalloc(sizeof(*spec), GFP_KERNEL);
	int ret;

	if (!spec)
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	ret = control_copy_spec(spec, c, err);
	if (ret)
		goto free;
	if (c->image_fd != -1) {
		spec->image_file = fget(c->image_fd);
		if (!spec->image_file) {
			ret = remora_fail(err, REMORA_R_IMAGE_NOT_FOUND,
					  "image_fd %d is not an open file descriptor",
					  c->image_fd);
			goto free;
		}
	}

	ret = act(spec, err);
	memcpy(c->warnings, spec->warnings, sizeof(c->warnings));
	if (spec->image_file)
		fput(spec->image_file);
free:
	kfree(spec);
	return ret;
}

static long control_create(struct file *file, void *arg, struct remora_error *err)
{
	return control_with_spec(arg, err, remora_partition_create);
}

static long control_check(struct file *file, void *arg, struct remora_error *err)
{
	return control_with_spec(arg, err, remora_partition_check);
}

static long control_destroy(struct file *file, void *arg, struct remora_error *err)
{
	const struct remora_name *n = arg;

	if (n->flags & ~REMORA_FORCE)
		return remora_fail(err, REMORA_R_FLAGS_UNKNOWN, "flags %#x are not known here",
				   n->flags & ~REMORA_FORCE);
	if (strnlen(n->name, sizeof(n->name)) == sizeof(n->name))
		return remora_fail(err, REMORA_R_NAME_INVALID,
				   "the name has no end; it has 1 to %u characters",
				   REMORA_NAME_MAX - 1);
	return remora_partition_destroy(n->name, n->flags & REMORA_FORCE, err);
}

static long control_list(struct file *file, void *arg, struct remora_error *err)
{
	struct remora_list *l = arg;
	unsigned int room = min(l->count, remora_partitions_count());
	char (*names)[REMORA_NAME_MAX];
	long ret = 0;

	names = kcalloc(room, sizeof(*names), GFP_KERNEL);
	if (room && !names)
		return -ENOMEM;
	l->count = remora_partitions_names(names, room);
	room = min(room, l->count);
	if (room && copy_to_user(u64_to_user_ptr(l->names), names, room * sizeof(*names)))
		ret = -EFAULT;
	kfree(names);
	return ret;
}

static const struct remora_ioctl control_table[] = {
	REMORA_IOCTL_ROW_PLAIN(REMORA_IOC_VERSION, struct remora_version, 0, control_version),
	REMORA_IOCTL_ROW(REMORA_IOC_CREATE, struct remora_create, REMORA_IOCTL_ADMIN,
			 control_create),
	REMORA_IOCTL_ROW(REMORA_IOC_CHECK, struct remora_create, REMORA_IOCTL_ADMIN,
			 control_check),
	REMORA_IOCTL_ROW(REMORA_IOC_DESTROY, struct remora_name, REMORA_IOCTL_ADMIN,
			 control_destroy),
	REMORA_IOCTL_ROW_PLAIN(REMORA_IOC_LIST, struct remora_list, 0, control_list),
};

static long control_ioctl(struct file *file, unsigned int command, unsigned long arg)
{
	return remora_ioctl(file, command, arg, control_table, ARRAY_SIZE(control_table));
}

static const struct file_operations control_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = control_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice control_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "remora",
	.fops = &control_fops,
	.mode = 0600,
};

int remora_control_init(void)
{
	return misc_register(&control_device);
}

void remora_control_exit(void)
{
	misc_deregister(&control_device);
}
