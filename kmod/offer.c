// SPDX-License-Identifier: GPL-2.0-only
/*
 * Services that programs of Linux offer: a file each, with those who ask and are not answered yet.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/slab.h>

#include <abi/protocol/bind.h>
#include <abi/protocol/node.h>
#include "binding.h"
#include "bound.h"
#include "channel_priv.h"
#include "ioctl.h"
#include "names.h"
#include "names_priv.h"

/**
 * struct remora_offer
 * The file owns it. But for what is constant all is under monitor.lock.
 * @link:   in the names file's offers; after close in its leftovers
 * @nf:     NULL: that is closed, or the machine gone
 * @gone:   why: enum bind_error, REMORA_NAMES_NODEV; 0: not. Also read without the lock, as @count
 * @asks:   who asks, the first first; the machine lets a file have no more
 */
struct remora_offer {
	struct remora_partition *partition;
	struct file *partition_file;
	struct list_head link;
	struct remora_names_file *nf;
	u64 tag;
	u32 number;
	u32 gone;
	bool named;
	char name[REMORA_NAMES_NAME_MAX];
	wait_queue_head_t wait;
	unsigned int count;
	struct asked {
		u32 handle;
		u32 slots;
		u32 node;
		u32 domain;
	} asks[REMORA_OFFER_ASKS];
};

/* ---- what the machine tells ---- */

static struct remora_offer *offer_of(struct remora_partition *p, u32 domain, u64 tag)
{
	struct remora_names_file *nf = remora_names_file_of(p, domain);
	struct remora_offer *o;

	if (!nf)
		return NULL;
	list_for_each_entry(o, &nf->offers, link)
		if (o->tag == tag)
			return o;
	return NULL;
}

void remora_offer_asked(struct remora_partition *p, u32 domain, u64 tag, u32 handle, u32 slots,
			u32 node, u32 client)
{
	struct remora_offer *o = offer_of(p, domain, tag);

	if (!o || WARN_ON_ONCE(o->count == REMORA_OFFER_ASKS))
		return;
	o->asks[o->count] = (struct asked){ handle, slots, node, client };
	WRITE_ONCE(o->count, o->count + 1);
	wake_up_all(&o->wait);
}

/* Return: whether it was there. */
static bool ask_remove(struct remora_offer *o, u32 handle)
{
	unsigned int i;

	for (i = 0; i < o->count && o->asks[i].handle != handle; i++)
		;
	if (i == o->count)
		return false;
	memmove(&o->asks[i], &o->asks[i + 1], (o->count - i - 1) * sizeof(o->asks[0]));
	WRITE_ONCE(o->count, o->count - 1);
	return true;
}

void remora_offer_unasked(struct remora_partition *p, u32 domain, u64 tag, u32 handle)
{
	struct remora_offer *o = offer_of(p, domain, tag);

	if (o)
		ask_remove(o, handle);
}

void remora_offers_drop(struct remora_names_file *nf, u32 error)
{
	struct remora_offer *o, *next;

	lockdep_assert_held(&nf->partition->monitor.lock);
	list_for_each_entry_safe(o, next, &nf->offers, link) {
		list_del(&o->link);
		o->nf = NULL;
		WRITE_ONCE(o->count, 0);
		WRITE_ONCE(o->gone, error);
		wake_up_all(&o->wait);
	}
	/* With the domain all its records go. */
	list_for_each_entry_safe(o, next, &nf->leftovers, link) {
		list_del(&o->link);
		kfree(o);
	}
}

/* ---- accept and refuse ---- */

/* The node, with monitor.lock held, while the offer stands; NULL: *@ret says why. */
static struct node *offer_enter(struct remora_offer *o, struct remora_error *err, int *ret)
{
	struct node *node = READ_ONCE(o->gone) ? NULL : remora_monitor_enter(o->partition);

	if (node && o->nf)
		return node;
	if (node)
		remora_monitor_exit(o->partition);
	*ret = remora_binding_fail(o->gone ? o->gone : REMORA_NAMES_NODEV, 0, err);
	return NULL;
}

static bool offer_news(const struct remora_offer *o)
{
	return READ_ONCE(o->count) || READ_ONCE(o->gone);
}

/* @left: jiffies. Return: 0: somebody asks, or did just now; or an errno. */
static int offer_wait(struct remora_offer *o, s32 timeout_ms, long *left, struct remora_error *err)
{
	if (offer_news(o))
		return 0;
	if (!timeout_ms)
		return remora_fail(err, REMORA_R_BIND_NOBODY, NULL);
	*left = wait_event_interruptible_timeout(o->wait, offer_news(o), *left);
	if (*left < 0)
		return remora_fail(err, REMORA_R_INTERRUPTED, NULL);
	return *left ? 0 : remora_fail(err, REMORA_R_NAMES_TIMEOUT, NULL);
}

/* Who is first, for now. Return: 0, -EAGAIN: nobody is, or an errno with its sentence. */
static int offer_first(struct remora_offer *o, struct asked *first, struct remora_error *err)
{
	int ret = 0;

	if (!offer_enter(o, err, &ret))
		return ret;
	if (o->count)
		*first = o->asks[0];
	else
		ret = -EAGAIN;
	remora_monitor_exit(o->partition);
	return ret;
}

/* Return: 0: it is under way; -EAGAIN: the client is gone, or somebody else's; or an errno. */
static int accept_ask(struct remora_offer *o, const struct asked *who, struct remora_binding *b,
		      struct remora_error *err)
{
	struct node *node;
	int ret = 0;

	node = offer_enter(o, err, &ret);
	if (!node)
		return ret;
	if (!ask_remove(o, who->handle)) {
		ret = -EAGAIN;
		goto out;
	}
	remora_binding_enlist(b, o->nf);
	b->handle = who->handle;
	if (bind_accept(remora_broker_bind(o->partition), o->nf->domain, who->handle, b->tag,
			node->now)) {
		remora_binding_unlist(b);
		ret = -EAGAIN;
	}
out:
	remora_monitor_exit(o->partition);
	return ret;
}

/* Of one client. Return: a descriptor, -EAGAIN: the next one, or an errno with its sentence. */
static int accept_one(struct remora_offer *o, struct remora_offer_accept *request,
		      struct remora_error *err)
{
	struct remora_binding *b;
	struct asked who;
	int ret = offer_first(o, &who, err);

	if (ret)
		return ret;
	b = remora_binding_create(o->partition, o->partition_file, who.slots, request->flags, err,
				  &ret);
	if (!b)
		return ret;
	ret = accept_ask(o, &who, b, err);
	if (ret) {
		remora_chan_dispose(b->chan);
		return ret;
	}
	request->node = who.node;
	request->domain = who.domain;
	/* Making it takes no longer than asking a core: a signal waits, so that no client is lost by one. */
	return remora_binding_finish(b, request->flags, true, NULL, err);
}

static long ioctl_accept(struct file *file, void *arg, struct remora_error *err)
{
	struct remora_offer *o = file->private_data;
	struct remora_offer_accept *request = arg;
	long left = request->timeout_ms < 0 ? MAX_SCHEDULE_TIMEOUT :
					      msecs_to_jiffies(request->timeout_ms) + 1;
	int ret = remora_binding_flags(request->flags, 0, err);

	request->node = 0;
	request->domain = 0;
	if (ret)
		return ret;
	if (request->reserved)
		return remora_fail(err, REMORA_R_RESERVED_FIELD, NULL);
	if (request->timeout_ms < -1)
		return remora_fail(err, REMORA_R_COUNT_INVALID,
				   "a time-out of %d ms; -1 or more was expected", request->timeout_ms);
	do {
		ret = offer_wait(o, request->timeout_ms, &left, err);
		if (!ret)
			ret = accept_one(o, request, err);
	} while (ret == -EAGAIN && !err->reason);
	return ret;
}

static long ioctl_refuse(struct file *file, void *arg, struct remora_error *err)
{
	struct remora_offer *o = file->private_data;
	const struct remora_offer_refuse *request = arg;
	int ret = 0;

	if (!offer_enter(o, err, &ret))
		return ret;
	if (o->count) {
		bind_refuse(remora_broker_bind(o->partition), o->nf->domain, o->asks[0].handle,
			    request->reason);
		ask_remove(o, o->asks[0].handle);
	} else {
		ret = remora_fail(err, REMORA_R_BIND_NOBODY, NULL);
	}
	remora_monitor_exit(o->partition);
	return ret;
}

/* ---- file ---- */

static __poll_t offer_poll(struct file *file, struct poll_table_struct *wait)
{
	struct remora_offer *o = file->private_data;
	__poll_t events = 0;

	poll_wait(file, &o->wait, wait);
	if (READ_ONCE(o->count))
		events |= EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(o->gone))
		events |= EPOLLIN | EPOLLRDNORM | EPOLLHUP | EPOLLERR;
	return events;
}

/* Is the record still of this offer? Its owner may have removed it himself, and made another. */
static bool record_there(const struct remora_offer *o, const struct node *node)
{
	const struct names_slot *s = names_get(&node->names, o->name);

	return s && s->kind == NAMES_RECORD && !s->node && s->domain == o->nf->domain &&
	       s->value[0] == o->number && s->value[2] == BIND_RECORD;
}

/* The name goes. Return: false: not yet, the file of names has too much under way. */
static bool record_remove(struct remora_offer *o, struct node *node)
{
	struct names_ask ask = { .op = NAMES_OP_REMOVE };

	if (!o->named || !record_there(o, node))
		return true;
	strscpy_pad(ask.name, o->name, sizeof(ask.name));
	return names_submit(&node->names, o->nf->domain, ++o->partition->names.tag, &ask,
			    PROTOCOL_NEVER, node->now) != NAMES_PENDING;
}

void remora_offers_tidy(struct remora_names_file *nf, struct node *node)
{
	struct remora_offer *o, *next;

	lockdep_assert_held(&nf->partition->monitor.lock);
	list_for_each_entry_safe(o, next, &nf->leftovers, link) {
		if (!record_remove(o, node))
			return;
		list_del(&o->link);
		kfree(o);
	}
}

/* The offer is the list of leftovers' until its record is gone; whoever connects is told that it is not offered. */
static void offer_withdraw(struct remora_offer *o, struct node *node)
{
	bind_offer_close(remora_broker_bind(o->partition), o->nf->domain, o->number);
	list_move_tail(&o->link, &o->nf->leftovers);
	remora_offers_tidy(o->nf, node);
}

static void offer_release(struct remora_offer *o)
{
	struct remora_partition *p = o->partition;
	struct file *partition_file = o->partition_file;
	struct node *node = remora_monitor_enter(p);
	bool listed = node && o->nf;

	if (listed)
		offer_withdraw(o, node);
	if (node) {
		remora_monitor_exit(p);
	} else {
		/* The machine is about to go, and the file's list with it. */
		mutex_lock(&p->monitor.lock);
		if (o->nf)
			list_del(&o->link);
		mutex_unlock(&p->monitor.lock);
	}
	if (!listed)
		kfree(o);
	fput(partition_file);
}

static int offer_close(struct inode *inode, struct file *file)
{
	offer_release(file->private_data);
	return 0;
}

static const struct remora_ioctl offer_ioctls[] = {
	REMORA_IOCTL_ROW(REMORA_IOC_OFFER_ACCEPT, struct remora_offer_accept, REMORA_IOCTL_FD,
			 ioctl_accept),
	REMORA_IOCTL_ROW(REMORA_IOC_OFFER_REFUSE, struct remora_offer_refuse, 0, ioctl_refuse),
};

static long offer_ioctl(struct file *file, unsigned int command, unsigned long arg)
{
	return remora_ioctl(file, command, arg, offer_ioctls, ARRAY_SIZE(offer_ioctls));
}

static const struct file_operations offer_fops = {
	.owner = THIS_MODULE,
	.release = offer_close,
	.poll = offer_poll,
	.unlocked_ioctl = offer_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

/* ---- open ---- */

static int offer_check(const struct remora_names_offer *request, struct remora_error *err)
{
	if (request->flags & ~REMORA_NAMES_CLOEXEC)
		return remora_fail(err, REMORA_R_FLAGS_UNKNOWN, "flags %#x of an offer are not known",
				   request->flags & ~REMORA_NAMES_CLOEXEC);
	if (strnlen(request->name, sizeof(request->name)) % sizeof(request->name) == 0)
		return remora_fail(err, REMORA_R_NAMES_INVALID, NULL);
	return 0;
}

/* With the machine. From here on somebody may ask. */
static int offer_enlist(struct remora_offer *o, struct remora_names_file *nf,
			const struct remora_names_offer *request, struct remora_error *err)
{
	struct node *node;
	u32 error;
	int ret;

	node = remora_names_enter(nf, err, &ret);
	if (!node)
		return ret;
	o->tag = ++o->partition->names.tag;
	error = bind_offer_open(remora_broker_bind(o->partition), nf->domain, o->tag,
				request->interface, request->version, &o->number);
	if (!error) {
		o->nf = nf;
		list_add(&o->link, &nf->offers);
	}
	remora_monitor_exit(o->partition);
	return error ? remora_binding_fail(error, 0, err) : 0;
}

static int offer_begin(struct remora_offer *o, struct remora_names_file *nf,
		       const struct remora_names_offer *request, struct remora_error *err)
{
	u64 value[REMORA_NAMES_VALUES];
	int ret = offer_enlist(o, nf, request, err);

	if (ret)
		return ret;
	bind_record(o->number, request->interface, request->version, value);
	ret = remora_names_create(nf, o->name, value, err);
	o->named = !ret;
	return ret;
}

/* From fd_install() on the file owns it. */
static int offer_install(struct remora_offer *o, int fd, struct remora_error *err)
{
	struct file *file = anon_inode_getfile("[remora-offer]", &offer_fops, o, O_RDWR);

	if (IS_ERR(file))
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	fd_install(fd, file);
	return fd;
}

long remora_offer_open(struct file *file, void *arg, struct remora_error *err)
{
	struct remora_names_file *nf = file->private_data;
	const struct remora_names_offer *request = arg;
	struct remora_offer *o;
	int fd, ret = offer_check(request, err);

	if (ret)
		return ret;
	/* First: who finds the name is not to find the offer gone again. */
	fd = get_unused_fd_flags(request->flags & REMORA_NAMES_CLOEXEC ? O_CLOEXEC : 0);
	if (fd < 0)
		return fd;
	o = kzalloc(sizeof(*o), GFP_KERNEL_ACCOUNT);
	if (!o) {
		put_unused_fd(fd);
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	}
	o->partition = nf->partition;
	o->partition_file = get_file(nf->partition_file);
	init_waitqueue_head(&o->wait);
	strscpy(o->name, request->name, sizeof(o->name));
	ret = offer_begin(o, nf, request, err);
	if (!ret)
		ret = offer_install(o, fd, err);
	if (ret < 0) {
		offer_release(o);
		put_unused_fd(fd);
	}
	return ret;
}
