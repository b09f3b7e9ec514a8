// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * A partition's device.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "private.h"

REMORA_API int remora_partition_open(struct remora_partition **partition, const char *name,
				     bool write)
{
	char path[sizeof(REMORA_CONTROL_PATH) + 1 + REMORA_NAME_MAX];
	struct remora_partition *p;
	int err;

	err = remora_name_check(name, NULL);
	if (err)
		return err;
	p = malloc(sizeof(*p));
	if (!p)
		return -ENOMEM;
	snprintf(path, sizeof(path), "%s-%s", REMORA_CONTROL_PATH, name);
	p->fd = open(path, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (p->fd < 0) {
		err = -errno;
		free(p);
		return err;
	}
	p->epoll = -1;
	*partition = p;
	return 0;
}

REMORA_API void remora_partition_close(struct remora_partition *partition)
{
	if (!partition)
		return;
	if (partition->epoll >= 0)
		close(partition->epoll);
	close(partition->fd);
	free(partition);
}

REMORA_API int remora_partition_fd(const struct remora_partition *partition)
{
	return partition->fd;
}

static int act(struct remora_partition *partition, unsigned long number, uint32_t flags,
	       uint32_t timeout_ms, struct remora_error *error)
{
	struct remora_act request = {
		.size = sizeof(request),
		.flags = flags,
		.timeout_ms = timeout_ms,
	};
	int err = remora_ioctl(partition->fd, number, &request);

	remora_error_copy(error, &request.error);
	return err;
}

REMORA_API int remora_partition_start(struct remora_partition *partition,
				      struct remora_error *error)
{
	return act(partition, REMORA_IOC_START, 0, 0, error);
}

REMORA_API int remora_partition_stop(struct remora_partition *partition, uint32_t flags,
				     uint32_t timeout_ms, struct remora_error *error)
{
	return act(partition, REMORA_IOC_STOP, flags, timeout_ms, error);
}

REMORA_API int remora_partition_reset(struct remora_partition *partition,
				      struct remora_error *error)
{
	return act(partition, REMORA_IOC_RESET, 0, 0, error);
}

REMORA_API int remora_partition_add_cpu(struct remora_partition *partition,
					struct remora_add_cpu *request)
{
	int err;

	request->size = sizeof(*request);
	err = remora_ioctl(partition->fd, REMORA_IOC_ADD_CPU, request);
	remora_error_seal(&request->error);
	return err;
}

REMORA_API int remora_partition_remove_cpu(struct remora_partition *partition,
					   struct remora_remove_cpu *request)
{
	int err;

	request->size = sizeof(*request);
	err = remora_ioctl(partition->fd, REMORA_IOC_REMOVE_CPU, request);
	remora_error_seal(&request->error);
	return err;
}

REMORA_API int remora_partition_add_memory(struct remora_partition *partition,
					   struct remora_memory_add *request)
{
	int err;

	request->size = sizeof(*request);
	err = remora_ioctl(partition->fd, REMORA_IOC_MEMORY_ADD, request);
	remora_error_seal(&request->error);
	return err;
}

REMORA_API int remora_partition_remove_memory(struct remora_partition *partition,
					      struct remora_memory_remove *request)
{
	int err;

	request->size = sizeof(*request);
	err = remora_ioctl(partition->fd, REMORA_IOC_MEMORY_REMOVE, request);
	remora_error_seal(&request->error);
	return err;
}

/* The most pieces of memory there can be: the partition's, those of cores that joined, and those added. */
#define REPORT_EXTENTS (2u * REMORA_EXTENTS_MAX * (1 + REMORA_CPUS_MAX) + 6u * REMORA_CPUS_MAX)

static void report_seal(struct remora_report *report)
{
	struct remora_status *s = &report->status;

	s->name[sizeof(s->name) - 1] = 0;
	s->image[sizeof(s->image) - 1] = 0;
	for (uint32_t i = 0; i < s->core_count; i++) {
		struct remora_core_status *core = &report->cores[i];

		core->crash_reason[sizeof(core->crash_reason) - 1] = 0;
	}
}

REMORA_API int remora_partition_status(struct remora_partition *partition,
				       struct remora_report **report)
{
	struct remora_report *r = calloc(1, sizeof(*r));
	struct remora_status *s;
	int err = -ENOMEM;

	if (!r)
		return err;
	/* The most there can be: what the module reports beyond it would not be a partition. */
	r->cores = calloc(REMORA_CPUS_MAX, sizeof(*r->cores));
	r->extents = calloc(REPORT_EXTENTS, sizeof(*r->extents));
	if (!r->cores || !r->extents)
		goto fail;
	s = &r->status;
	s->size = sizeof(*s);
	s->core_room = REMORA_CPUS_MAX;
	s->core_size = sizeof(*r->cores);
	s->extent_room = REPORT_EXTENTS;
	s->cores = (uintptr_t)r->cores;
	s->extents = (uintptr_t)r->extents;
	err = remora_ioctl(partition->fd, REMORA_IOC_STATUS, s);
	if (err < 0)
		goto fail;
	err = -EPROTO;
	if (s->core_count > REMORA_CPUS_MAX || s->extent_count > REPORT_EXTENTS)
		goto fail;
	report_seal(r);
	*report = r;
	return 0;
fail:
	remora_report_free(r);
	return err;
}

REMORA_API void remora_report_free(struct remora_report *report)
{
	if (!report)
		return;
	free(report->cores);
	free(report->extents);
	free(report);
}

/*
 * Edge-triggered, because a crashed core keeps EPOLLERR up for as long as it is crashed, and poll(2)
 * always reports that.
 */
static int open_epoll(struct remora_partition *partition)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLPRI | EPOLLET };
	int err;

	if (partition->epoll >= 0)
		return 0;
	partition->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (partition->epoll < 0)
		return -errno;
	if (!epoll_ctl(partition->epoll, EPOLL_CTL_ADD, partition->fd, &event))
		return 0;
	err = -errno;
	close(partition->epoll);
	partition->epoll = -1;
	return err;
}

REMORA_API int remora_partition_poll(struct remora_partition *partition, int timeout_ms)
{
	struct epoll_event event;
	int err, ready;

	err = open_epoll(partition);
	if (err)
		return err;
	ready = epoll_wait(partition->epoll, &event, 1, timeout_ms);
	if (ready < 0)
		return -errno;
	return ready ? (int)(event.events & (EPOLLIN | EPOLLPRI | EPOLLERR | EPOLLHUP)) : 0;
}

static int current_state(struct remora_partition *partition)
{
	struct remora_report *report;
	int err = remora_partition_status(partition, &report);

	if (err)
		return err;
	err = (int)report->status.state;
	remora_report_free(report);
	return err;
}

/* A change after the status was taken wakes the poll that follows. */
REMORA_API int remora_partition_wait(struct remora_partition *partition, uint32_t states,
				     int timeout_ms)
{
	int64_t deadline = remora_clock_ms() + timeout_ms;

	for (;;) {
		int state = current_state(partition);
		int ready;

		if (state < 0)
			return state;
		if (state < 32 && (states & (1u << state)))
			return state;
		ready = remora_partition_poll(partition, remora_time_left(timeout_ms, deadline));
		if (ready < 0)
			return ready;
		if (ready == 0)
			return -ETIMEDOUT;
		if (ready & EPOLLHUP)
			return -ENODEV;
	}
}

REMORA_API int remora_partition_console(struct remora_partition *partition, uint32_t node,
					uint64_t *next, struct remora_console_line *lines,
					uint32_t count, uint64_t *missed)
{
	struct remora_console request = {
		.size = sizeof(request),
		.node = node,
		.next = *next,
		.count = count,
		.lines = (uintptr_t)lines,
	};
	int err = remora_ioctl(partition->fd, REMORA_IOC_CONSOLE, &request);

	if (err < 0)
		return err;
	if (request.count > count)
		return -EPROTO;
	for (uint32_t i = 0; i < request.count; i++)
		if (lines[i].length > REMORA_CONSOLE_TEXT)
			lines[i].length = REMORA_CONSOLE_TEXT;
	*next = request.next;
	if (missed)
		*missed = request.missed;
	return (int)request.count;
}

REMORA_API int remora_partition_inject(struct remora_partition *partition, uint32_t node,
				       uint32_t kind, struct remora_error *error)
{
	struct remora_inject request = { .size = sizeof(request), .node = node, .kind = kind };
	int err = remora_ioctl(partition->fd, REMORA_IOC_INJECT, &request);

	remora_error_copy(error, &request.error);
	return err;
}

REMORA_API int remora_partition_peer_ping(struct remora_partition *partition,
					  struct remora_peer_ping *ping)
{
	int err;

	ping->size = sizeof(*ping);
	memset(&ping->error, 0, sizeof(ping->error));
	err = remora_ioctl(partition->fd, REMORA_IOC_PEER_PING, ping);
	remora_error_seal(&ping->error);
	return err;
}

REMORA_API int remora_partition_shootdown(struct remora_partition *partition,
					  struct remora_shootdown *shootdown)
{
	int err;

	shootdown->size = sizeof(*shootdown);
	memset(&shootdown->error, 0, sizeof(shootdown->error));
	err = remora_ioctl(partition->fd, REMORA_IOC_SHOOTDOWN, shootdown);
	remora_error_seal(&shootdown->error);
	return err;
}
