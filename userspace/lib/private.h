/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the files of libremora share.
 */
#ifndef REMORA_PRIVATE_H
#define REMORA_PRIVATE_H

#include <remora/remora.h>

struct remora_ctl {
	int fd;
};

/* @epoll: for remora_partition_poll(); -1 until it is called first */
struct remora_partition {
	int fd;
	int epoll;
};

#define REMORA_API __attribute__((visibility("default")))

/**
 * remora_error_set - fill *@error, which may be NULL
 * Return: @err, so that a failing function can end with it.
 */
int remora_error_set(struct remora_error *error, int err, uint32_t reason, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/** remora_error_copy - hand on what the module said; its message is made sure to end. */
void remora_error_copy(struct remora_error *to, const struct remora_error *from);

/** remora_error_seal - end the message inside a structure that the module filled. */
void remora_error_seal(struct remora_error *error);

/** remora_ioctl - ioctl(2) that returns the result or a negative errno value. */
int remora_ioctl(int fd, unsigned long request, void *argument);

/** remora_clock_ms - milliseconds of the monotonic clock. */
int64_t remora_clock_ms(void);

/** remora_time_left - for poll(2): what is left until @deadline, -1 when @timeout_ms was -1. */
int remora_time_left(int timeout_ms, int64_t deadline);

#endif
