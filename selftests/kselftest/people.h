/* SPDX-License-Identifier: GPL-2.0-only */
/* Other users, and descriptors that go from hand to hand. */
#ifndef RT_PEOPLE_H
#define RT_PEOPLE_H

#include <linux/remora.h>
#include <sys/types.h>

#define RT_GROUP 4711 /* stands for the group of the udev rule */
#define RT_MEMBER 1001
#define RT_STRANGER 1002

/**
 * rt_as - run what(arg) in a child that is this user, with this one group and no capabilities
 * Return: what() returned, which must be 0 to 200; -1: it ended otherwise.
 */
int rt_as(uid_t uid, gid_t gid, int (*what)(void *arg), void *arg);

/** rt_become - this process is that user from now on. 0, or -errno. */
int rt_become(uid_t uid, gid_t gid);

/** rt_pass - send a descriptor over a socket; rt_take - receive one. The descriptor, or -errno. */
int rt_pass(int socket, int fd);
int rt_take(int socket);

/** rt_param - set one of the module's parameters. 0, or -errno. */
int rt_param(const char *name, long value);
/** rt_param_get - its value, or -errno */
long rt_param_get(const char *name);

#endif
