// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Channels to programs of a partition, by name.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chan.h"

struct remora_offer {
	int fd;
};

static int fill_name(char *to, const char *name, struct remora_error *error)
{
	size_t length = strnlen(name, REMORA_NAMES_NAME_MAX);

	if (!length || length == REMORA_NAMES_NAME_MAX)
		return remora_error_set(error, -EINVAL, REMORA_R_NAMES_INVALID,
					"a name has 1 to %d bytes", REMORA_NAMES_NAME_MAX - 1);
	memcpy(to, name, length);
	return 0;
}

static int check_flags(uint32_t flags, uint32_t known, struct remora_error *error)
{
	if (flags & ~known)
		return remora_error_set(error, -EINVAL, REMORA_R_FLAGS_UNKNOWN,
					"flags 0x%x are not known here", flags & ~known);
	return 0;
}

static uint32_t with_own(uint32_t flags)
{
	return flags | REMORA_BIND_CLOEXEC | REMORA_BIND_NONBLOCK;
}

/* Of a descriptor that an ioctl returned, or an error. */
static int take(struct remora_chan **chan, int fd, uint32_t flags)
{
	int err;

	if (fd < 0)
		return fd;
	err = remora_chan_open(chan, fd, flags & REMORA_BIND_MAPPED);
	if (err)
		close(fd);
	return err;
}

REMORA_API int remora_connect(struct remora_chan **chan, struct remora_names *names,
			      const struct remora_wish *wish, int timeout_ms, uint32_t *detail,
			      struct remora_error *error)
{
	struct remora_names_connect request = {
		.size = sizeof(request),
		.flags = with_own(wish->flags),
		.timeout_ms = timeout_ms,
		.slots = wish->slots,
		.interface = wish->interface,
		.version = wish->version,
	};
	int fd = check_flags(wish->flags, REMORA_BIND_MAPPED | REMORA_CONNECT_WAIT, error);

	if (!fd)
		fd = fill_name(request.name, wish->name, error);
	if (fd)
		return fd;
	fd = remora_ioctl(remora_names_fd(names), REMORA_IOC_NAMES_CONNECT, &request);
	remora_error_copy(error, &request.error);
	if (detail)
		*detail = request.detail;
	return take(chan, fd, wish->flags);
}

REMORA_API int remora_offer(struct remora_offer **offer, struct remora_names *names,
			    const char *name, uint32_t interface, uint32_t version,
			    struct remora_error *error)
{
	struct remora_names_offer request = {
		.size = sizeof(request),
		.flags = REMORA_NAMES_CLOEXEC,
		.interface = interface,
		.version = version,
	};
	struct remora_offer *o;
	int err = fill_name(request.name, name, error);

	if (err)
		return err;
	o = malloc(sizeof(*o));
	if (!o)
		return -ENOMEM;
	o->fd = remora_ioctl(remora_names_fd(names), REMORA_IOC_NAMES_OFFER, &request);
	remora_error_copy(error, &request.error);
	if (o->fd < 0) {
		err = o->fd;
		free(o);
		return err;
	}
	*offer = o;
	return 0;
}

REMORA_API void remora_offer_close(struct remora_offer *offer)
{
	if (!offer)
		return;
	close(offer->fd);
	free(offer);
}

REMORA_API int remora_offer_fd(const struct remora_offer *offer)
{
	return offer->fd;
}

REMORA_API int remora_accept(struct remora_chan **chan, struct remora_offer *offer, uint32_t flags,
			     int timeout_ms, struct remora_error *error)
{
	struct remora_offer_accept request = {
		.size = sizeof(request),
		.flags = with_own(flags),
		.timeout_ms = timeout_ms,
	};
	int fd = check_flags(flags, REMORA_BIND_MAPPED, error);

	if (fd)
		return fd;
	fd = remora_ioctl(offer->fd, REMORA_IOC_OFFER_ACCEPT, &request);
	remora_error_copy(error, &request.error);
	return take(chan, fd, flags);
}

REMORA_API int remora_refuse(struct remora_offer *offer, uint32_t reason)
{
	struct remora_offer_refuse request = { .size = sizeof(request), .reason = reason };

	return remora_ioctl(offer->fd, REMORA_IOC_OFFER_REFUSE, &request);
}
