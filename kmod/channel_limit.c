// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one user may hold of a partition's channels.
 *
 * A user is a real user id. He is charged from binding until the rings are free again, which may be
 * after close() when the core did not confirm. CAP_SYS_RESOURCE is charged too, but not limited.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "channel_priv.h"

static unsigned int user_channels = 32;
module_param(user_channels, uint, 0644);
MODULE_PARM_DESC(user_channels, "Channels of a partition that one user may hold (default 32)");

static unsigned int user_memory = 50;
module_param(user_memory, uint, 0644);
MODULE_PARM_DESC(user_memory, "Percent of a partition's channel memory that one user may hold (default 50)");

/** struct remora_usage - what a user holds; exists while it is not 0. Under shared_memory.lock. */
struct remora_usage {
	struct list_head link;
	kuid_t uid;
	unsigned int channels;
	u64 bytes;
};

static struct remora_usage *usage_find(struct remora_partition *p, kuid_t uid)
{
	struct remora_usage *u;

	list_for_each_entry(u, &p->shared_memory.users, link)
		if (uid_eq(u->uid, uid))
			return u;
	u = kzalloc(sizeof(*u), GFP_KERNEL_ACCOUNT);
	if (u) {
		u->uid = uid;
		list_add(&u->link, &p->shared_memory.users);
	}
	return u;
}

static void usage_put(struct remora_usage *u)
{
	if (u->channels)
		return;
	list_del(&u->link);
	kfree(u);
}

static int usage_check(const struct remora_chan *chan, const struct remora_usage *u,
		       struct remora_error *err)
{
	unsigned int channels = READ_ONCE(user_channels);
	unsigned int percent = min(READ_ONCE(user_memory), 100u);
	u64 most = div_u64(remora_shared_bytes(chan->partition) * percent, 100);
	u64 bytes = 2 * chan->ring_bytes;
	bool many = u->channels >= channels;

	if ((!many && u->bytes + bytes <= most) || capable(CAP_SYS_RESOURCE))
		return 0;
	if (many)
		return remora_fail(err, REMORA_R_USER_LIMIT,
				   "user %u holds %u channels of %s; one user may hold %u",
				   __kuid_val(u->uid), u->channels,
				   chan->partition->name, channels);
	return remora_fail(err, REMORA_R_USER_LIMIT,
			   "user %u holds %llu KiB of the channel memory of %s and wants %llu more; one user may hold %llu",
			   __kuid_val(u->uid), u->bytes >> 10,
			   chan->partition->name, bytes >> 10, most >> 10);
}

int remora_usage_charge(struct remora_chan *chan, struct remora_error *err)
{
	struct remora_usage *u;
	int ret;

	lockdep_assert_held(&chan->partition->shared_memory.lock);
	u = usage_find(chan->partition, current_uid());
	if (!u)
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	ret = usage_check(chan, u, err);
	if (ret) {
		usage_put(u);
		return ret;
	}
	u->channels++;
	u->bytes += 2 * chan->ring_bytes;
	chan->usage = u;
	return 0;
}

void remora_usage_uncharge(struct remora_chan *chan)
{
	struct remora_usage *u = chan->usage;

	lockdep_assert_held(&chan->partition->shared_memory.lock);
	chan->usage = NULL;
	u->channels--;
	u->bytes -= 2 * chan->ring_bytes;
	usage_put(u);
}
