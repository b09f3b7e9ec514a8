// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * What every call of libremora needs: errors, ioctls and the clock.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "private.h"

int remora_error_set(struct remora_error *error, int err, uint32_t reason, const char *format, ...)
{
	va_list args;

	if (!error)
		return err;
	memset(error, 0, sizeof(*error));
	error->reason = reason;
	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	return err;
}

void remora_error_seal(struct remora_error *error)
{
	error->message[sizeof(error->message) - 1] = 0;
}

void remora_error_copy(struct remora_error *to, const struct remora_error *from)
{
	if (!to)
		return;
	*to = *from;
	remora_error_seal(to);
}

int remora_ioctl(int fd, unsigned long request, void *argument)
{
	int result = ioctl(fd, request, argument);

	return result < 0 ? -errno : result;
}

int64_t remora_clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int remora_time_left(int timeout_ms, int64_t deadline)
{
	int64_t left;

	if (timeout_ms < 0)
		return -1;
	left = deadline - remora_clock_ms();
	if (left < 0)
		return 0;
	return left > INT_MAX ? INT_MAX : (int)left;
}
