// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Names that Linux and a partition share.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "private.h"

struct remora_names {
	int fd;
};

REMORA_API int remora_names_open(struct remora_names **names, struct remora_partition *partition,
				 struct remora_error *error)
{
	struct remora_names_open request = {
		.size = sizeof(request),
		.flags = REMORA_NAMES_CLOEXEC | REMORA_NAMES_NONBLOCK,
	};
	struct remora_names *n = malloc(sizeof(*n));

	if (!n)
		return -ENOMEM;
	n->fd = remora_ioctl(partition->fd, REMORA_IOC_NAMES, &request);
	remora_error_copy(error, &request.error);
	if (n->fd < 0) {
		int err = n->fd;

		free(n);
		return err;
	}
	*names = n;
	return 0;
}

REMORA_API void remora_names_close(struct remora_names *names)
{
	if (!names)
		return;
	close(names->fd);
	free(names);
}

REMORA_API int remora_names_fd(const struct remora_names *names)
{
	return names->fd;
}

/* A name into a field of a structure, which is 0. */
static int fill_name(char *to, const char *name, size_t shortest, struct remora_error *error)
{
	size_t length = strnlen(name, REMORA_NAMES_NAME_MAX);

	if (length < shortest || length == REMORA_NAMES_NAME_MAX)
		return remora_error_set(error, -EINVAL, REMORA_R_NAMES_INVALID,
					"a name of %zu bytes%s: %zu to %d were expected", length,
					length == REMORA_NAMES_NAME_MAX ? " or more" : "", shortest,
					REMORA_NAMES_NAME_MAX - 1);
	memcpy(to, name, length);
	return 0;
}

static int ask(struct remora_names *names, struct remora_names_ask *request, const char *name,
	       struct remora_error *error)
{
	int err = fill_name(request->name, name, 1, error);

	if (err)
		return err;
	request->size = sizeof(*request);
	err = remora_ioctl(names->fd, REMORA_IOC_NAMES_ASK, request);
	remora_error_copy(error, &request->error);
	request->record.name[sizeof(request->record.name) - 1] = 0;
	return err;
}

REMORA_API int remora_name_set(struct remora_names *names, const char *name, const uint64_t *value,
			       uint32_t flags, struct remora_error *error)
{
	struct remora_names_ask request = { .op = REMORA_NAMES_OP_SET, .flags = flags };

	memcpy(request.value, value, sizeof(request.value));
	return ask(names, &request, name, error);
}

REMORA_API int remora_name_get(struct remora_names *names, const char *name,
			       struct remora_names_record *record, struct remora_error *error)
{
	struct remora_names_ask request = { .op = REMORA_NAMES_OP_GET };
	int err = ask(names, &request, name, error);

	if (!err)
		*record = request.record;
	return err;
}

REMORA_API int remora_name_remove(struct remora_names *names, const char *name,
				  struct remora_error *error)
{
	struct remora_names_ask request = { .op = REMORA_NAMES_OP_REMOVE };

	return ask(names, &request, name, error);
}

REMORA_API int remora_name_wait(struct remora_names *names, const char *name, int timeout_ms,
				struct remora_names_record *record, struct remora_error *error)
{
	struct remora_names_ask request = {
		.op = REMORA_NAMES_OP_AWAIT,
		.timeout_ms = timeout_ms,
	};
	int err = ask(names, &request, name, error);

	if (!err && record)
		*record = request.record;
	return err;
}

REMORA_API int remora_lock(struct remora_names *names, const char *name, int timeout_ms,
			   struct remora_error *error)
{
	struct remora_names_ask request = {
		.op = REMORA_NAMES_OP_LOCK,
		.timeout_ms = timeout_ms,
	};

	return ask(names, &request, name, error);
}

REMORA_API int remora_unlock(struct remora_names *names, const char *name,
			     struct remora_error *error)
{
	struct remora_names_ask request = { .op = REMORA_NAMES_OP_UNLOCK };

	return ask(names, &request, name, error);
}

REMORA_API int remora_semaphore_create(struct remora_names *names, const char *name, uint32_t count,
				       struct remora_error *error)
{
	struct remora_names_ask request = { .op = REMORA_NAMES_OP_SEMAPHORE, .value = { count } };

	return ask(names, &request, name, error);
}

REMORA_API int remora_semaphore_post(struct remora_names *names, const char *name, uint32_t count,
				     struct remora_error *error)
{
	struct remora_names_ask request = { .op = REMORA_NAMES_OP_POST, .value = { count } };

	return ask(names, &request, name, error);
}

REMORA_API int remora_semaphore_wait(struct remora_names *names, const char *name, int timeout_ms,
				     struct remora_error *error)
{
	struct remora_names_ask request = {
		.op = REMORA_NAMES_OP_WAIT,
		.timeout_ms = timeout_ms,
	};

	return ask(names, &request, name, error);
}

REMORA_API int remora_barrier(struct remora_names *names, const char *name, uint32_t count,
			      int timeout_ms, struct remora_error *error)
{
	struct remora_names_ask request = {
		.op = REMORA_NAMES_OP_BARRIER,
		.timeout_ms = timeout_ms,
		.value = { count },
	};

	return ask(names, &request, name, error);
}

/* ---- list ---- */

static int by_name(const void *a, const void *b)
{
	const struct remora_names_record *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* One more call's worth. Return: how many came, or an error. */
static int list_more(struct remora_names *names, struct remora_names_list *request,
		     struct remora_names_record **records, uint32_t count)
{
	struct remora_names_record *more =
		realloc(*records, (count + REMORA_NAMES_LIST_MAX) * sizeof(*more));
	int err;

	if (!more)
		return -ENOMEM;
	*records = more;
	request->count = REMORA_NAMES_LIST_MAX;
	request->records = (uintptr_t)(more + count);
	err = remora_ioctl(names->fd, REMORA_IOC_NAMES_LIST, request);
	if (err < 0)
		return err;
	if (request->count > REMORA_NAMES_LIST_MAX)
		return -EPROTO;
	for (uint32_t i = 0; i < request->count; i++)
		more[count + i].name[REMORA_NAMES_NAME_MAX - 1] = 0;
	return (int)request->count;
}

REMORA_API int remora_names_list(struct remora_names *names, const char *prefix,
				 struct remora_names_record **records, uint32_t *count,
				 struct remora_error *error)
{
	struct remora_names_list request = {
		.size = sizeof(request),
		.record_size = sizeof(**records),
	};
	int more = fill_name(request.prefix, prefix, 0, error);

	*records = NULL;
	*count = 0;
	if (more)
		return more;
	do {
		more = list_more(names, &request, records, *count);
		*count += more > 0 ? (uint32_t)more : 0;
	} while (more > 0);
	if (more < 0)
		remora_error_copy(error, &request.error);
	if (more < 0 || !*count) {
		free(*records);
		*records = NULL;
		*count = 0;
		return more;
	}
	qsort(*records, *count, sizeof(**records), by_name);
	return 0;
}

/* ---- watches ---- */

REMORA_API int remora_names_watch(struct remora_names *names, const char *prefix, uint64_t tag,
				  struct remora_error *error)
{
	struct remora_names_watch request = { .size = sizeof(request), .tag = tag };
	int err = fill_name(request.prefix, prefix, 0, error);

	if (err)
		return err;
	err = remora_ioctl(names->fd, REMORA_IOC_NAMES_WATCH, &request);
	remora_error_copy(error, &request.error);
	return err;
}

REMORA_API int remora_names_unwatch(struct remora_names *names, uint64_t tag,
				    struct remora_error *error)
{
	struct remora_names_watch request = {
		.size = sizeof(request),
		.flags = REMORA_NAMES_UNWATCH,
		.tag = tag,
	};
	int err = remora_ioctl(names->fd, REMORA_IOC_NAMES_WATCH, &request);

	remora_error_copy(error, &request.error);
	return err;
}

REMORA_API int remora_names_event(struct remora_names *names, struct remora_names_event *event,
				  int timeout_ms)
{
	int64_t deadline = remora_clock_ms() + timeout_ms;

	for (;;) {
		struct pollfd pfd = { .fd = names->fd, .events = POLLIN };
		ssize_t bytes = read(names->fd, event, sizeof(*event));
		int ready;

		if (bytes == sizeof(*event)) {
			event->record.name[sizeof(event->record.name) - 1] = 0;
			return 0;
		}
		if (bytes >= 0)
			return -EPROTO;
		if (errno != EAGAIN)
			return -errno;
		ready = poll(&pfd, 1, remora_time_left(timeout_ms, deadline));
		if (ready < 0)
			return -errno;
		if (!ready)
			return -ETIMEDOUT;
	}
}
