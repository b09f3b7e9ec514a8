// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The control device.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "private.h"

REMORA_API int remora_ctl_open(struct remora_ctl **ctl, bool write)
{
	struct remora_ctl *c = malloc(sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->fd = open(REMORA_CONTROL_PATH, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (c->fd < 0) {
		int err = -errno;

		free(c);
		return err;
	}
	*ctl = c;
	return 0;
}

REMORA_API void remora_ctl_close(struct remora_ctl *ctl)
{
	if (!ctl)
		return;
	close(ctl->fd);
	free(ctl);
}

REMORA_API int remora_ctl_version(struct remora_ctl *ctl, struct remora_version *version)
{
	int err;

	memset(version, 0, sizeof(*version));
	version->size = sizeof(*version);
	err = remora_ioctl(ctl->fd, REMORA_IOC_VERSION, version);
	version->module[sizeof(version->module) - 1] = 0;
	version->kernel[sizeof(version->kernel) - 1] = 0;
	return err;
}

static int create_or_check(struct remora_ctl *ctl, unsigned long number,
			   struct remora_create *request)
{
	int err;

	request->size = sizeof(*request);
	request->reserved = 0;
	memset(request->warnings, 0, sizeof(request->warnings));
	memset(&request->error, 0, sizeof(request->error));
	err = remora_ioctl(ctl->fd, number, request);
	remora_error_seal(&request->error);
	return err;
}

REMORA_API int remora_ctl_create(struct remora_ctl *ctl, struct remora_create *request)
{
	return create_or_check(ctl, REMORA_IOC_CREATE, request);
}

REMORA_API int remora_ctl_check(struct remora_ctl *ctl, struct remora_create *request)
{
	return create_or_check(ctl, REMORA_IOC_CHECK, request);
}

REMORA_API int remora_ctl_destroy(struct remora_ctl *ctl, const char *name, uint32_t flags,
				  struct remora_error *error)
{
	struct remora_name request = { .size = sizeof(request), .flags = flags };
	int err;

	err = remora_name_check(name, error);
	if (err)
		return err;
	memcpy(request.name, name, strlen(name));
	err = remora_ioctl(ctl->fd, REMORA_IOC_DESTROY, &request);
	remora_error_copy(error, &request.error);
	return err;
}

REMORA_API int remora_ctl_list(struct remora_ctl *ctl, char (**names)[REMORA_NAME_MAX],
			       uint32_t *count)
{
	struct remora_list list = { .size = sizeof(list) };
	char(*room)[REMORA_NAME_MAX] = NULL;
	uint32_t size = 0;

	/* Partitions may be created between two calls: ask again until all fit. */
	for (;;) {
		int err;

		list.count = size;
		list.names = (uintptr_t)room;
		err = remora_ioctl(ctl->fd, REMORA_IOC_LIST, &list);
		if (err < 0) {
			free(room);
			return err;
		}
		if (list.count <= size)
			break;
		free(room);
		size = list.count + 4;
		room = calloc(size, sizeof(*room));
		if (!room)
			return -ENOMEM;
	}
	for (uint32_t i = 0; i < list.count; i++)
		room[i][REMORA_NAME_MAX - 1] = 0;
	if (!list.count) {
		free(room);
		room = NULL;
	}
	*names = room;
	*count = list.count;
	return 0;
}
