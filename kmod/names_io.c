// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctls, read() and poll() of a file of names.
 *
 * A request waits without monitor.lock. One that a signal ends is given up, and its caller then waits for
 * the answer all the same, which comes soon: so what was done is known, and the request, which lies on the
 * caller's stack, is off the list.
 */
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "binding.h"
#include "ioctl.h"
#include "names.h"
#include "names_priv.h"

/* Reasons of the name service are in the order of its errors. */
#define REASON_OF(error) (REMORA_R_NAMES_MISSING + (error) - NAMES_MISSING)
#define SAME(name) static_assert(REASON_OF((u32)NAMES_##name) == (u32)REMORA_R_NAMES_##name)
SAME(MISSING); SAME(EXISTS); SAME(KIND); SAME(OWNER); SAME(RECORDS); SAME(WAITS); SAME(NODE); SAME(FULL);
SAME(BUSY); SAME(TIMEOUT); SAME(REMOVED); SAME(INVALID); SAME(COUNT); SAME(PENDING); SAME(WATCHES);
SAME(STOPPED);

#define RECORD_BYTES_FIRST sizeof(struct remora_names_record) /* as first published */
#define RECORD_BYTES_MAX 1024u

static int names_fail(u32 error, const char *name, struct remora_error *err)
{
	enum remora_reason reason = REASON_OF(error);

	if (error == REMORA_NAMES_NODEV)
		return remora_fail(err, REMORA_R_PARTITION_GONE, NULL);
	return remora_fail(err, reason, "%.63s: %s", name, remora_reason_text(reason));
}

/* The node, with monitor.lock held; NULL without it: *@ret says why. */
struct node *remora_names_enter(struct remora_names_file *nf, struct remora_error *err, int *ret)
{
	struct node *node = READ_ONCE(nf->gone) ? NULL : remora_monitor_enter(nf->partition);

	*ret = node ? 0 : remora_fail(err, REMORA_R_PARTITION_GONE, NULL);
	return node;
}

/* ---- requests ---- */

/**
 * struct operation - what an operation of user space is to the service
 * @op:     enum names_op; 0: not a request, but a look at the table
 * @flags:  of user space that it takes
 * @always: flags of the service that it always has
 * @waits:  it has a time limit; @nowait: NAMES_NOWAIT is the service's word for none
 * @makes:  a name, or somebody who waits
 */
static const struct operation {
	u8 op;
	u8 flags;
	u8 always;
	bool waits;
	bool nowait;
	bool makes;
} operations[] = {
	[REMORA_NAMES_OP_SET] = { .op = NAMES_OP_SET, .makes = true, .always = NAMES_EPHEMERAL,
				  .flags = REMORA_NAMES_CREATE | REMORA_NAMES_OVERWRITE |
					   REMORA_NAMES_SHARED },
	[REMORA_NAMES_OP_REMOVE] = { .op = NAMES_OP_REMOVE },
	[REMORA_NAMES_OP_LOCK] = { .op = NAMES_OP_LOCK, .waits = true, .nowait = true, .makes = true },
	[REMORA_NAMES_OP_UNLOCK] = { .op = NAMES_OP_UNLOCK },
	[REMORA_NAMES_OP_SEMAPHORE] = { .op = NAMES_OP_SEMAPHORE, .makes = true,
					.always = NAMES_EPHEMERAL },
	[REMORA_NAMES_OP_POST] = { .op = NAMES_OP_POST },
	[REMORA_NAMES_OP_WAIT] = { .op = NAMES_OP_WAIT, .waits = true, .nowait = true, .makes = true },
	[REMORA_NAMES_OP_BARRIER] = { .op = NAMES_OP_BARRIER, .waits = true, .makes = true },
	[REMORA_NAMES_OP_GET] = { .op = 0 },
	[REMORA_NAMES_OP_AWAIT] = { .op = 0, .waits = true },
};

/* Which operation it is; what the service checks itself is left to it. NULL: @*ret says why. */
static const struct operation *ask_check(const struct remora_names_ask *ask,
					 struct remora_error *err, int *ret)
{
	const struct operation *o = &operations[ask->op < ARRAY_SIZE(operations) ? ask->op : 0];
	unsigned int i;

	*ret = 0;
	if (!ask->op || ask->op >= ARRAY_SIZE(operations))
		*ret = remora_fail(err, REMORA_R_NAMES_OP, "%u is no operation; they are %u to %u",
				   ask->op, REMORA_NAMES_OP_SET, REMORA_NAMES_OP_AWAIT);
	else if (ask->flags & ~(u32)o->flags)
		*ret = remora_fail(err, REMORA_R_FLAGS_UNKNOWN,
				   "flags %#x are not known for operation %u",
				   ask->flags & ~(u32)o->flags, ask->op);
	else if (ask->timeout_ms < -1 || (ask->timeout_ms && !o->waits))
		*ret = remora_fail(err, REMORA_R_COUNT_INVALID,
				   "a time-out of %d ms; -1 or more was expected for what waits, 0 for what does not",
				   ask->timeout_ms);
	else if (strnlen(ask->name, sizeof(ask->name)) % sizeof(ask->name) == 0)
		*ret = remora_fail(err, REMORA_R_NAMES_INVALID, NULL);
	for (i = 0; !*ret && !o->op && i < REMORA_NAMES_VALUES; i++)
		if (ask->value[i])
			*ret = remora_fail(err, REMORA_R_NAMES_INVALID, NULL);
	return *ret ? NULL : o;
}

static u8 service_flags(const struct remora_names_ask *ask, const struct operation *o)
{
	return o->always | (o->nowait && !ask->timeout_ms ? NAMES_NOWAIT : 0) |
	       (ask->flags & REMORA_NAMES_CREATE ? NAMES_CREATE : 0) |
	       (ask->flags & REMORA_NAMES_OVERWRITE ? NAMES_OVERWRITE : 0) |
	       (ask->flags & REMORA_NAMES_SHARED ? NAMES_SHARED : 0);
}

/* Under monitor.lock. Return: enum names_error: refused, nothing is under way. */
static u32 request_submit(struct remora_names_file *nf, struct node *node,
			  struct remora_names_request *r, const struct remora_names_ask *ask,
			  const struct operation *o)
{
	u64 deadline = PROTOCOL_NEVER;
	struct names_ask wanted = { .op = o->op, .flags = service_flags(ask, o) };
	u32 error;

	memcpy(wanted.value, ask->value, sizeof(wanted.value));
	strscpy_pad(wanted.name, ask->name, sizeof(wanted.name));
	if (o->waits && ask->timeout_ms >= 0 && !(wanted.flags & NAMES_NOWAIT))
		deadline = node->now + (u64)ask->timeout_ms * USEC_PER_MSEC;
	init_completion(&r->done);
	r->tag = ++nf->partition->names.tag;
	list_add(&r->link, &nf->requests);
	if (o->op)
		error = names_submit(&node->names, nf->domain, r->tag, &wanted, deadline, node->now);
	else
		error = names_await(&node->names, nf->domain, r->tag, wanted.name, deadline, node->now);
	if (error)
		list_del(&r->link);
	return error;
}

static void request_give_up(struct remora_names_file *nf, struct remora_names_request *r)
{
	struct node *node = remora_monitor_enter(nf->partition);

	if (!node)
		return;
	names_give_up(&node->names, nf->domain, r->tag, node->now);
	remora_monitor_exit(nf->partition);
}

/* Return: 0, or EINTR: it was not done, because of a signal. */
static int request_wait(struct remora_names_file *nf, struct remora_names_request *r,
			struct remora_error *err)
{
	if (!wait_for_completion_interruptible(&r->done))
		return 0;
	request_give_up(nf, r);
	wait_for_completion(&r->done);
	return r->error == NAMES_TIMEOUT ? remora_fail(err, REMORA_R_INTERRUPTED, NULL) : 0;
}

/* Who is killed holds nothing that only he knew of: the file may be others' too. */
static void request_undo(struct remora_names_file *nf, const struct remora_names_ask *ask)
{
	bool lock = ask->op == REMORA_NAMES_OP_LOCK;
	struct remora_names_ask back = {
		.op = lock ? REMORA_NAMES_OP_UNLOCK : REMORA_NAMES_OP_POST,
		.value = { !lock },
	};
	struct remora_names_request r = {};
	struct node *node = remora_monitor_enter(nf->partition);
	u32 error;

	if (!node)
		return;
	memcpy(back.name, ask->name, sizeof(back.name));
	error = request_submit(nf, node, &r, &back, &operations[back.op]);
	remora_monitor_exit(nf->partition);
	if (!error)
		wait_for_completion(&r.done);
}

static long names_request(struct remora_names_file *nf, struct remora_names_ask *ask,
			  const struct operation *o, struct remora_error *err)
{
	struct remora_names_request r = {};
	struct node *node;
	u32 error = 0;
	int ret;

	node = remora_names_enter(nf, err, &ret);
	if (!node)
		return ret;
	if (o->makes)
		ret = remora_names_room(nf, &node->names, err);
	if (!ret)
		error = request_submit(nf, node, &r, ask, o);
	remora_monitor_exit(nf->partition);
	if (ret || error)
		return ret ? ret : names_fail(error, ask->name, err);
	ret = request_wait(nf, &r, err);
	if (ret)
		return ret;
	if (r.error)
		return names_fail(r.error, ask->name, err);
	if (fatal_signal_pending(current) &&
	    (o->op == NAMES_OP_LOCK || o->op == NAMES_OP_WAIT))
		request_undo(nf, ask);
	ask->record = r.record;
	return 0;
}

int remora_names_create(struct remora_names_file *nf, const char *name,
			const u64 value[REMORA_NAMES_VALUES], struct remora_error *err)
{
	struct remora_names_ask ask = { .op = REMORA_NAMES_OP_SET, .flags = REMORA_NAMES_CREATE };

	strscpy_pad(ask.name, name, sizeof(ask.name));
	memcpy(ask.value, value, sizeof(ask.value));
	return names_request(nf, &ask, &operations[REMORA_NAMES_OP_SET], err);
}

static long names_look(struct remora_names_file *nf, struct remora_names_ask *ask,
		       struct remora_error *err)
{
	struct node *node;
	int ret;

	node = remora_names_enter(nf, err, &ret);
	if (!node)
		return ret;
	remora_names_record_of(&ask->record, names_get(&node->names, ask->name));
	remora_monitor_exit(nf->partition);
	return ask->record.kind ? 0 : names_fail(NAMES_MISSING, ask->name, err);
}

static long ioctl_ask(struct file *file, void *arg, struct remora_error *err)
{
	struct remora_names_ask *ask = arg;
	const struct operation *o;
	int ret;

	o = ask_check(ask, err, &ret);
	if (!o)
		return ret;
	memset(&ask->record, 0, sizeof(ask->record));
	if (ask->op == REMORA_NAMES_OP_GET)
		return names_look(file->private_data, ask, err);
	return names_request(file->private_data, ask, o, err);
}

/* ---- list ---- */

static int list_check(const struct remora_names_list *list, struct remora_error *err)
{
	if (strnlen(list->prefix, sizeof(list->prefix)) == sizeof(list->prefix))
		return remora_fail(err, REMORA_R_NAMES_INVALID, NULL);
	if (list->record_size < RECORD_BYTES_FIRST || list->record_size > RECORD_BYTES_MAX)
		return remora_fail(err, REMORA_R_COUNT_INVALID,
				   "records of %u bytes; %zu to %u were expected",
				   list->record_size, RECORD_BYTES_FIRST, RECORD_BYTES_MAX);
	return 0;
}

/* Each record at the caller's stride, which may be longer than what is known here. */
static int list_copy(const struct remora_names_list *list, const struct remora_names_record *records,
		     u32 count)
{
	char __user *to = u64_to_user_ptr(list->records);
	u32 i, rest = list->record_size - sizeof(records[0]);

	for (i = 0; i < count; i++, to += list->record_size)
		if (copy_to_user(to, &records[i], sizeof(records[i])) ||
		    (rest && clear_user(to + sizeof(records[i]), rest)))
			return -EFAULT;
	return 0;
}

static long ioctl_list(struct file *file, void *arg, struct remora_error *err)
{
	struct remora_names_list *list = arg;
	u32 room = min(list->count, (u32)REMORA_NAMES_LIST_MAX), count = 0;
	struct remora_names_file *nf = file->private_data;
	struct remora_names_record *records;
	const struct names_slot *s;
	struct node *node;
	int ret = list_check(list, err);

	if (ret)
		return ret;
	records = kvcalloc(room, sizeof(*records), GFP_KERNEL_ACCOUNT);
	if (!records && room)
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	node = remora_names_enter(nf, err, &ret);
	if (node) {
		for (; count < room; count++) {
			s = names_list(&node->names, list->prefix, &list->at);
			if (!s)
				break;
			remora_names_record_of(&records[count], s);
		}
		remora_monitor_exit(nf->partition);
		ret = list_copy(list, records, count);
		list->count = count;
	}
	kvfree(records);
	return ret;
}

/* ---- watches ---- */

static long ioctl_watch(struct file *file, void *arg, struct remora_error *err)
{
	struct remora_names_file *nf = file->private_data;
	struct remora_names_watch *watch = arg;
	bool end = watch->flags & REMORA_NAMES_UNWATCH;
	struct node *node;
	u32 error = 0;
	int ret;

	if (watch->flags & ~REMORA_NAMES_UNWATCH)
		return remora_fail(err, REMORA_R_FLAGS_UNKNOWN, "flags %#x of watch are not known",
				   watch->flags & ~REMORA_NAMES_UNWATCH);
	if (strnlen(watch->prefix, sizeof(watch->prefix)) == sizeof(watch->prefix) ||
	    (end && watch->prefix[0]))
		return remora_fail(err, REMORA_R_NAMES_INVALID, NULL);
	node = remora_names_enter(nf, err, &ret);
	if (!node)
		return ret;
	if (!end)
		error = names_watch(&node->names, nf->domain, watch->tag, watch->prefix);
	else if (!names_unwatch(&node->names, nf->domain, watch->tag))
		error = NAMES_MISSING;
	remora_monitor_exit(nf->partition);
	return error ? names_fail(error, end ? "watch" : watch->prefix, err) : 0;
}

static bool event_first(struct remora_names_file *nf, struct remora_names_event *e)
{
	bool there;

	spin_lock(&nf->lock);
	there = nf->used;
	if (there)
		*e = nf->events[nf->first];
	spin_unlock(&nf->lock);
	return there;
}

/* Return: whether there is news that did not fit before. */
static bool event_take(struct remora_names_file *nf)
{
	bool full;

	spin_lock(&nf->lock);
	nf->first = (nf->first + 1) % NAMES_EVENTS;
	nf->used--;
	full = nf->full;
	nf->full = false;
	spin_unlock(&nf->lock);
	return full;
}

/* What the service could not tell it tells when it is asked again what there is to do. */
static void events_wanted(struct remora_names_file *nf)
{
	if (remora_monitor_enter(nf->partition))
		remora_monitor_exit(nf->partition);
}

static ssize_t read_some(struct remora_names_file *nf, char __user *to, size_t count)
{
	struct remora_names_event e;
	bool missed = false;
	size_t done = 0;
	int ret = -EAGAIN;

	if (mutex_lock_interruptible(&nf->read_lock))
		return -ERESTARTSYS;
	while (count - done >= sizeof(e) && event_first(nf, &e)) {
		if (copy_to_user(to + done, &e, sizeof(e))) {
			ret = -EFAULT;
			break;
		}
		missed |= event_take(nf);
		done += sizeof(e);
	}
	mutex_unlock(&nf->read_lock);
	if (missed)
		events_wanted(nf);
	if (!done && ret == -EAGAIN && READ_ONCE(nf->gone))
		ret = -ENODEV;
	return done ? done : ret;
}

static ssize_t names_read(struct file *file, char __user *to, size_t count, loff_t *offset)
{
	struct remora_names_file *nf = file->private_data;
	ssize_t ret;

	if (count < sizeof(struct remora_names_event))
		return -EMSGSIZE;
	for (;;) {
		ret = read_some(nf, to, count);
		if (ret != -EAGAIN || (file->f_flags & O_NONBLOCK))
			return ret;
		ret = wait_event_interruptible(nf->wait, READ_ONCE(nf->used) || READ_ONCE(nf->gone));
		if (ret)
			return ret;
	}
}

static __poll_t names_poll(struct file *file, struct poll_table_struct *wait)
{
	struct remora_names_file *nf = file->private_data;
	__poll_t events = 0;

	poll_wait(file, &nf->wait, wait);
	if (READ_ONCE(nf->used))
		events |= EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(nf->gone))
		events |= EPOLLIN | EPOLLRDNORM | EPOLLHUP | EPOLLERR;
	return events;
}

static const struct remora_ioctl names_ioctls[] = {
	REMORA_IOCTL_ROW(REMORA_IOC_NAMES_ASK, struct remora_names_ask, 0, ioctl_ask),
	REMORA_IOCTL_ROW(REMORA_IOC_NAMES_LIST, struct remora_names_list, 0, ioctl_list),
	REMORA_IOCTL_ROW(REMORA_IOC_NAMES_WATCH, struct remora_names_watch, 0, ioctl_watch),
	REMORA_IOCTL_ROW(REMORA_IOC_NAMES_CONNECT, struct remora_names_connect, REMORA_IOCTL_FD,
			 remora_binding_connect),
	REMORA_IOCTL_ROW(REMORA_IOC_NAMES_OFFER, struct remora_names_offer, REMORA_IOCTL_FD,
			 remora_offer_open),
};

static long names_ioctl(struct file *file, unsigned int command, unsigned long arg)
{
	return remora_ioctl(file, command, arg, names_ioctls, ARRAY_SIZE(names_ioctls));
}

static int names_close(struct inode *inode, struct file *file)
{
	remora_names_release(file->private_data);
	return 0;
}

const struct file_operations remora_names_fops = {
	.owner = THIS_MODULE,
	.release = names_close,
	.read = names_read,
	.poll = names_poll,
	.unlocked_ioctl = names_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};
