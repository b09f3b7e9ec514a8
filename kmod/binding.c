// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections of Linux's programs.
 *
 * Whoever asks waits without monitor.lock. What the machine says comes under it, and ends the wait; who is
 * ended by a signal closes the connection himself, and the machine says nothing more of it.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/topology.h>

#include <abi/protocol/bind.h>
#include <abi/protocol/node.h>
#include "binding.h"
#include "bound.h"
#include "channel_priv.h"
#include "names.h"
#include "names_priv.h"

#define BIND_FLAGS (REMORA_BIND_MAPPED | REMORA_BIND_CLOEXEC | REMORA_BIND_NONBLOCK)

/* ---- refusals ---- */

static const u8 reasons[BIND_E_COUNT] = {
	[BIND_E_MISSING] = REMORA_R_NAMES_MISSING,
	[BIND_E_LATE_NAME] = REMORA_R_BIND_LATE_NAME,
	[BIND_E_LATE_SERVER] = REMORA_R_BIND_LATE_SERVER,
	[BIND_E_NOT_OFFER] = REMORA_R_BIND_NOT_OFFER,
	[BIND_E_INTERFACE] = REMORA_R_BIND_INTERFACE,
	[BIND_E_VERSION] = REMORA_R_BIND_VERSION,
	[BIND_E_GONE] = REMORA_R_BIND_GONE,
	[BIND_E_REFUSED] = REMORA_R_BIND_REFUSED,
	[BIND_E_BUSY] = REMORA_R_BIND_BUSY,
	[BIND_E_CONNECTS] = REMORA_R_BIND_QUOTA,
	[BIND_E_CHANNELS] = REMORA_R_BIND_QUOTA,
	[BIND_E_OFFERS] = REMORA_R_BIND_QUOTA,
	[BIND_E_TABLE] = REMORA_R_BIND_FULL,
	[BIND_E_MEMORY] = REMORA_R_BIND_MEMORY,
	[BIND_E_ABANDONED] = REMORA_R_BIND_ABANDONED,
	[BIND_E_ENDED] = REMORA_R_BIND_GONE,
	[BIND_E_CLOSED] = REMORA_R_BIND_GONE,
	[BIND_E_NODE] = REMORA_R_BIND_NODE,
	[BIND_E_INVALID] = REMORA_R_NAMES_INVALID,
	[BIND_E_HANDLE] = REMORA_R_BIND_ABANDONED,
	[BIND_E_STOPPED] = REMORA_R_BIND_NODE,
	[BIND_E_WITHIN] = REMORA_R_BIND_WITHIN,
};

static_assert(REMORA_R_BIND_NOBODY < 256);

int remora_binding_fail(u32 error, u32 detail, struct remora_error *err)
{
	if (error == REMORA_NAMES_NODEV || error >= BIND_E_COUNT)
		return remora_fail(err, REMORA_R_PARTITION_GONE, NULL);
	if (detail)
		return remora_fail(err, reasons[error], "%s: %u", bind_sentence(error), detail);
	return remora_fail(err, reasons[error], "%s", bind_sentence(error));
}

int remora_binding_flags(u32 flags, u32 more, struct remora_error *err)
{
	if (!(flags & ~(BIND_FLAGS | more)))
		return 0;
	return remora_fail(err, REMORA_R_FLAGS_UNKNOWN, "flags %#x are not known here",
			   flags & ~(BIND_FLAGS | more));
}

/* ---- what the machine tells ---- */

static struct remora_binding *binding_of(struct remora_partition *p, u32 domain, u64 tag)
{
	struct remora_names_file *nf = remora_names_file_of(p, domain);
	struct remora_binding *b;

	if (!nf)
		return NULL;
	list_for_each_entry(b, &nf->bindings, link)
		if (b->tag == tag)
			return b;
	return NULL;
}

static void over(struct remora_binding *b, u32 error, u32 detail)
{
	enum remora_binding_state was = b->state;

	if (was == REMORA_BINDING_OVER)
		return;
	b->error = error;
	b->detail = detail;
	b->state = REMORA_BINDING_OVER;
	if (was == REMORA_BINDING_OPEN)
		remora_chan_ended(b->chan);
	else
		complete(&b->done);
}

void remora_binding_opened(struct remora_partition *p, u32 domain, u64 tag, u32 handle, u32 end)
{
	struct remora_binding *b = binding_of(p, domain, tag);

	if (!b)
		return;
	b->handle = handle;
	b->state = REMORA_BINDING_OPEN;
	b->opened = true;
	remora_bound_attach(p, end, b->chan);
	complete(&b->done);
}

void remora_binding_over(struct remora_partition *p, u32 domain, u64 tag, u32 error, u32 detail)
{
	struct remora_binding *b = binding_of(p, domain, tag);

	if (b)
		over(b, error, detail);
}

int remora_binding_numa(struct remora_partition *p, u32 domain, u64 tag)
{
	const struct remora_binding *b = binding_of(p, domain, tag);

	return b ? b->numa : NUMA_NO_NODE;
}

void remora_bindings_drop(struct remora_names_file *nf, u32 error)
{
	struct remora_binding *b, *next;

	lockdep_assert_held(&nf->partition->monitor.lock);
	list_for_each_entry_safe(b, next, &nf->bindings, link) {
		remora_binding_unlist(b);
		over(b, error, 0);
	}
}

/* ---- life ---- */

struct remora_binding *remora_binding_create(struct remora_partition *p, struct file *partition_file,
					     u32 slots, u32 flags, struct remora_error *err, int *ret)
{
	struct remora_binding *b = kzalloc(sizeof(*b), GFP_KERNEL_ACCOUNT);

	if (!b) {
		*ret = remora_fail(err, REMORA_R_NO_MEMORY, NULL);
		return NULL;
	}
	b->fd = remora_chan_reserve(flags);
	if (b->fd < 0) {
		*ret = b->fd;
		goto free;
	}
	b->chan = remora_chan_bound_create(p, partition_file, slots, flags, err);
	if (IS_ERR(b->chan)) {
		*ret = PTR_ERR(b->chan);
		goto unreserve;
	}
	b->chan->binding = b;
	b->numa = numa_node_id();
	init_completion(&b->done);
	return b;

unreserve:
	put_unused_fd(b->fd);
free:
	kfree(b);
	return NULL;
}

void remora_binding_enlist(struct remora_binding *b, struct remora_names_file *nf)
{
	lockdep_assert_held(&nf->partition->monitor.lock);
	b->nf = nf;
	b->tag = ++nf->partition->names.tag;
	list_add(&b->link, &nf->bindings);
}

void remora_binding_unlist(struct remora_binding *b)
{
	list_del(&b->link);
	b->nf = NULL;
}

void remora_binding_release(struct remora_binding *b)
{
	struct remora_partition *p = b->chan->partition;
	struct node *node = remora_monitor_enter(p);

	/* Where the machine is about to go, that is the end of all that it knows. */
	if (!node)
		mutex_lock(&p->monitor.lock);
	if (b->nf && node && b->state != REMORA_BINDING_OVER)
		bind_close(remora_broker_bind(p), b->nf->domain, b->handle);
	if (b->nf)
		remora_binding_unlist(b);
	if (node)
		remora_monitor_exit(p);
	else
		mutex_unlock(&p->monitor.lock);
	if (b->fd >= 0)
		put_unused_fd(b->fd);
	kfree(b);
}

static int binding_wait(struct remora_binding *b, bool patient, struct remora_error *err)
{
	int ret = patient ? wait_for_completion_killable(&b->done) :
			    wait_for_completion_interruptible(&b->done);

	if (ret)
		return remora_fail(err, REMORA_R_INTERRUPTED, NULL);
	/* What comes once it was open is the channel's matter. */
	if (!b->opened)
		return remora_binding_fail(b->error, b->detail, err);
	return 0;
}

int remora_binding_finish(struct remora_binding *b, u32 flags, bool patient, u32 *detail,
			  struct remora_error *err)
{
	int fd = b->fd, ret = binding_wait(b, patient, err);

	if (detail)
		*detail = READ_ONCE(b->detail);
	if (ret)
		goto dispose;
	/* Another thread may close it as soon as it is there. */
	b->fd = -1;
	ret = remora_chan_install(b->chan, fd, flags, err);
	if (ret >= 0)
		return ret;
	b->fd = fd;
dispose:
	remora_chan_dispose(b->chan);
	return ret;
}

/* ---- connect ---- */

static int connect_check(const struct remora_names_connect *request, struct remora_error *err)
{
	int ret = remora_binding_flags(request->flags, REMORA_CONNECT_WAIT, err);

	if (ret)
		return ret;
	if (request->reserved)
		return remora_fail(err, REMORA_R_RESERVED_FIELD, NULL);
	if (request->timeout_ms < -1)
		return remora_fail(err, REMORA_R_COUNT_INVALID,
				   "a time-out of %d ms; -1 or more was expected", request->timeout_ms);
	if (strnlen(request->name, sizeof(request->name)) % sizeof(request->name) == 0)
		return remora_fail(err, REMORA_R_NAMES_INVALID, NULL);
	return remora_chan_slots(request->slots, err);
}

/* Return: 0: it is under way, or over already. */
static int connect_ask(struct remora_names_file *nf, struct remora_binding *b,
		       const struct remora_names_connect *request, struct remora_error *err)
{
	struct bind_ask ask = {
		.interface = request->interface,
		.version = request->version,
		.slots = b->chan->slots,
		.wait = request->flags & REMORA_CONNECT_WAIT,
	};
	u64 deadline = PROTOCOL_NEVER;
	struct node *node;
	u32 error;
	int ret;

	strscpy_pad(ask.name, request->name, sizeof(ask.name));
	node = remora_names_enter(nf, err, &ret);
	if (!node)
		return ret;
	if (request->timeout_ms >= 0)
		deadline = node->now + (u64)request->timeout_ms * USEC_PER_MSEC;
	remora_binding_enlist(b, nf);
	error = bind_connect(remora_broker_bind(nf->partition), nf->domain, b->tag, &ask, deadline,
			     node->now, &b->handle);
	if (error)
		remora_binding_unlist(b);
	remora_monitor_exit(nf->partition);
	return error ? remora_binding_fail(error, 0, err) : 0;
}

long remora_binding_connect(struct file *file, void *arg, struct remora_error *err)
{
	struct remora_names_file *nf = file->private_data;
	struct remora_names_connect *request = arg;
	struct remora_binding *b;
	int ret = connect_check(request, err);

	request->detail = 0;
	if (ret)
		return ret;
	b = remora_binding_create(nf->partition, nf->partition_file, request->slots, request->flags,
				  err, &ret);
	if (!b)
		return ret;
	ret = connect_ask(nf, b, request, err);
	if (ret) {
		remora_chan_dispose(b->chan);
		return ret;
	}
	return remora_binding_finish(b, request->flags, false, &request->detail, err);
}
