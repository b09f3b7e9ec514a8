// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of files of names, what one user may have, and what the name service tells them.
 *
 * The service numbers domains; a number counts until the service has said that all its domain had is
 * gone on all nodes, which may be after close().
 */
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <abi/protocol/bind.h>

#include "binding.h"
#include "bound.h"
#include "names.h"
#include "names_priv.h"

static unsigned int user_names = 64;
module_param(user_names, uint, 0644);
MODULE_PARM_DESC(user_names, "Names and waiting requests of a partition that one user may have (default 64)");

static unsigned int user_name_files = 16;
module_param(user_name_files, uint, 0644);
MODULE_PARM_DESC(user_name_files, "Files of names of a partition that one user may have open (default 16)");

static_assert(sizeof(((struct names_slot *)0)->name) == REMORA_NAMES_NAME_MAX);
static_assert(NAMES_VALUES == REMORA_NAMES_VALUES);
static_assert((u32)NAMES_RECORD == (u32)REMORA_NAMES_RECORD &&
	      (u32)NAMES_LOCK == (u32)REMORA_NAMES_LOCK &&
	      (u32)NAMES_SEMAPHORE == (u32)REMORA_NAMES_SEMAPHORE &&
	      (u32)NAMES_BARRIER == (u32)REMORA_NAMES_BARRIER);
static_assert((u32)NAMES_SET == (u32)REMORA_NAMES_SET && (u32)NAMES_GONE == (u32)REMORA_NAMES_GONE &&
	      (u32)NAMES_MISSED == (u32)REMORA_NAMES_MISSED);

void remora_names_init(struct remora_partition *p)
{
	INIT_LIST_HEAD(&p->names.files);
}

/* Of what the service's hooks get. */
static struct remora_partition *partition_of(void *ctx)
{
	return container_of((struct remora_monitor *)ctx, struct remora_partition, monitor);
}

struct remora_names_file *remora_names_file_of(struct remora_partition *p, u32 domain)
{
	struct remora_names_file *nf;

	lockdep_assert_held(&p->monitor.lock);
	list_for_each_entry(nf, &p->names.files, link)
		if (nf->domain == domain)
			return nf;
	return NULL;
}

static void file_free(struct remora_names_file *nf)
{
	mutex_destroy(&nf->read_lock);
	kfree(nf);
}

/* ---- what the service tells; under monitor.lock ---- */

void remora_names_record_of(struct remora_names_record *r, const struct names_slot *s)
{
	memset(r, 0, sizeof(*r));
	if (!s)
		return;
	r->kind = s->kind;
	r->flags = s->flags & NAMES_SHARED ? REMORA_NAMES_SHARED : 0;
	r->node = s->node;
	r->domain = s->domain;
	r->version = s->version;
	memcpy(r->value, s->value, sizeof(r->value));
	memcpy(r->name, s->name, sizeof(r->name));
}

static void request_done(struct remora_names_request *r, u32 error, const struct names_slot *s)
{
	list_del(&r->link);
	r->error = error;
	remora_names_record_of(&r->record, s);
	complete(&r->done);
}

static void on_answer(void *ctx, uint32_t domain, uint64_t tag, uint32_t error,
		      const struct names_slot *slot)
{
	struct remora_names_file *nf = remora_names_file_of(partition_of(ctx), domain);
	struct remora_names_request *r;

	if (!nf)
		return;
	list_for_each_entry(r, &nf->requests, link) {
		if (r->tag == tag) {
			request_done(r, error, slot);
			return;
		}
	}
}

static bool on_changed(void *ctx, uint32_t domain, uint64_t tag, enum names_what what,
		       const struct names_slot *slot)
{
	struct remora_names_file *nf = remora_names_file_of(partition_of(ctx), domain);
	struct remora_names_event *e;

	if (!nf)
		return true;
	spin_lock(&nf->lock);
	nf->full = nf->used == NAMES_EVENTS;
	if (nf->full) {
		spin_unlock(&nf->lock);
		return false;
	}
	e = &nf->events[(nf->first + nf->used) % NAMES_EVENTS];
	e->tag = tag;
	e->what = what;
	remora_names_record_of(&e->record, slot);
	nf->used++;
	spin_unlock(&nf->lock);
	wake_up_all(&nf->wait);
	return true;
}

static void file_drop(struct remora_names_file *nf)
{
	list_del(&nf->link);
	nf->partition->names.count--;
}

static void on_ended(void *ctx, uint32_t domain)
{
	struct remora_names_file *nf = remora_names_file_of(partition_of(ctx), domain);

	if (!nf)
		return;
	file_drop(nf);
	file_free(nf);
}

const struct names_hooks remora_names_hooks = {
	.answer = on_answer,
	.changed = on_changed,
	.ended = on_ended,
};

void remora_names_turn(struct remora_partition *p, struct node *node)
{
	struct remora_names_file *nf;

	lockdep_assert_held(&p->monitor.lock);
	list_for_each_entry(nf, &p->names.files, link)
		remora_offers_tidy(nf, node);
}

void remora_names_end(struct remora_partition *p)
{
	struct remora_names_request *r, *next_r;
	struct remora_names_file *nf, *next;

	lockdep_assert_held(&p->monitor.lock);
	list_for_each_entry_safe(nf, next, &p->names.files, link) {
		file_drop(nf);
		if (nf->closed) {
			file_free(nf);
			continue;
		}
		list_for_each_entry_safe(r, next_r, &nf->requests, link)
			request_done(r, REMORA_NAMES_NODEV, NULL);
		remora_bindings_drop(nf, REMORA_NAMES_NODEV);
		remora_offers_drop(nf, REMORA_NAMES_NODEV);
		WRITE_ONCE(nf->gone, true);
		wake_up_all(&nf->wait);
	}
}

/* ---- what one user may have ---- */

static unsigned int user_has(const struct remora_partition *p, kuid_t uid, const struct names *n,
			     unsigned int *files)
{
	const struct remora_names_file *nf;
	unsigned int names = 0;

	lockdep_assert_held(&p->monitor.lock);
	*files = 0;
	list_for_each_entry(nf, &p->names.files, link) {
		if (!uid_eq(nf->uid, uid))
			continue;
		++*files;
		names += names_of(n, nf->domain);
	}
	return names;
}

/* He counts who opened the file, whoever asks by it. */
int remora_names_room(const struct remora_names_file *nf, const struct names *n,
		      struct remora_error *err)
{
	unsigned int files, most = READ_ONCE(user_names);
	unsigned int has = user_has(nf->partition, nf->uid, n, &files);

	if (has < most || capable(CAP_SYS_RESOURCE))
		return 0;
	return remora_fail(err, REMORA_R_NAMES_USER,
			   "user %u has %u names and waiting requests in %s; one user may have %u",
			   __kuid_val(nf->uid), has, nf->partition->name, most);
}

static int files_room(const struct remora_partition *p, kuid_t uid, const struct names *n,
		      struct remora_error *err)
{
	unsigned int most = READ_ONCE(user_name_files), files;

	user_has(p, uid, n, &files);
	if (files >= most && !capable(CAP_SYS_RESOURCE))
		return remora_fail(err, REMORA_R_NAMES_USER,
				   "user %u has %u files of names of %s; one user may have %u",
				   __kuid_val(uid), files, p->name, most);
	if (p->names.count >= REMORA_NAMES_FILES)
		return remora_fail(err, REMORA_R_NAMES_FILES,
				   "%u files of names of %s are open, or not forgotten by all nodes yet",
				   p->names.count, p->name);
	return 0;
}

/* ---- open and close ---- */

static u32 domain_number(struct remora_partition *p)
{
	do {
		p->names.domain++;
	} while (!p->names.domain || p->names.domain == NAMES_NOBODY ||
		 remora_names_file_of(p, p->names.domain));
	return p->names.domain;
}

static int file_enlist(struct remora_names_file *nf, struct remora_error *err)
{
	struct remora_partition *p = nf->partition;
	struct node *node = remora_monitor_enter(p);
	int ret;

	if (!node)
		return READ_ONCE(p->monitor.ending) ? remora_fail(err, REMORA_R_PARTITION_GONE, NULL) :
						      remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	ret = files_room(p, nf->uid, &node->names, err);
	if (!ret) {
		nf->domain = domain_number(p);
		list_add(&nf->link, &p->names.files);
		p->names.count++;
	}
	remora_monitor_exit(p);
	return ret;
}

static struct remora_names_file *file_create(struct remora_partition *p, struct file *partition_file,
					     struct remora_error *err)
{
	struct remora_names_file *nf = kzalloc(sizeof(*nf), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!nf) {
		remora_fail(err, REMORA_R_NO_MEMORY, NULL);
		return ERR_PTR(-ENOMEM);
	}
	nf->partition = p;
	nf->uid = current_uid();
	INIT_LIST_HEAD(&nf->requests);
	INIT_LIST_HEAD(&nf->bindings);
	INIT_LIST_HEAD(&nf->offers);
	INIT_LIST_HEAD(&nf->leftovers);
	init_waitqueue_head(&nf->wait);
	mutex_init(&nf->read_lock);
	spin_lock_init(&nf->lock);
	ret = file_enlist(nf, err);
	if (ret) {
		file_free(nf);
		return ERR_PTR(ret);
	}
	nf->partition_file = get_file(partition_file);
	return nf;
}

/* No request is under way: each holds the file. Channels and offers have descriptors of their own. */
void remora_names_release(struct remora_names_file *nf)
{
	struct remora_partition *p = nf->partition;
	struct file *partition_file = nf->partition_file;
	struct node *node = remora_monitor_enter(p);
	bool gone;

	if (node) {
		nf->closed = true;
		bind_domain_end(remora_broker_bind(p), nf->domain);
		remora_bindings_drop(nf, BIND_E_GONE);
		remora_offers_drop(nf, BIND_E_GONE);
		/* There is a request for each end of a domain, so it is not refused. */
		names_domain_end(&node->names, nf->domain, node->now);
		remora_monitor_exit(p);
	} else {
		/* Where the service is about to go, remora_names_end() frees what is closed by then. */
		mutex_lock(&p->monitor.lock);
		gone = nf->gone;
		nf->closed = true;
		remora_bindings_drop(nf, REMORA_NAMES_NODEV);
		remora_offers_drop(nf, REMORA_NAMES_NODEV);
		mutex_unlock(&p->monitor.lock);
		if (gone)
			file_free(nf);
	}
	fput(partition_file);
}

int remora_names_open(struct remora_partition *p, struct file *partition_file, u32 flags,
		      struct remora_error *err)
{
	struct remora_names_file *nf = file_create(p, partition_file, err);
	struct file *file;
	int fd;

	if (IS_ERR(nf))
		return PTR_ERR(nf);
	fd = get_unused_fd_flags(flags & REMORA_NAMES_CLOEXEC ? O_CLOEXEC : 0);
	if (fd < 0) {
		remora_names_release(nf);
		return fd;
	}
	file = anon_inode_getfile("[remora-names]", &remora_names_fops, nf,
				  O_RDWR | (flags & REMORA_NAMES_NONBLOCK ? O_NONBLOCK : 0));
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		remora_names_release(nf);
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	}
	fd_install(fd, file);
	return fd;
}
