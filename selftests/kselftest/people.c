// SPDX-License-Identifier: GPL-2.0-only
/* Other users, and descriptors that go from hand to hand. */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "people.h"
#include "support.h"

int rt_become(uid_t uid, gid_t gid)
{
	/* Without root's ids the capabilities are gone, too. */
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return -errno;
	return 0;
}

int rt_as(uid_t uid, gid_t gid, int (*what)(void *arg), void *arg)
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(rt_become(uid, gid) ? 255 : what(arg));
	if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFEXITED(status) ||
	    WEXITSTATUS(status) > 200)
		return -1;
	return WEXITSTATUS(status);
}

/* One byte goes along: a message without any is none. */
union control {
	char room[CMSG_SPACE(sizeof(int))];
	struct cmsghdr aligned;
};

int rt_pass(int socket, int fd)
{
	union control control = { 0 };
	char byte = 'f';
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.room,
			    .msg_controllen = sizeof(control.room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(socket, &m, 0) == 1 ? 0 : -errno;
}

int rt_take(int socket)
{
	union control control;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.room,
			    .msg_controllen = sizeof(control.room) };
	struct cmsghdr *c;
	int fd;

	if (recvmsg(socket, &m, MSG_CMSG_CLOEXEC) != 1)
		return errno ? -errno : -EIO;
	c = CMSG_FIRSTHDR(&m);
	if (!c || c->cmsg_type != SCM_RIGHTS)
		return -EBADMSG;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

static void param_path(char *path, size_t room, const char *name)
{
	snprintf(path, room, "/sys/module/remora/parameters/%s", name);
}

int rt_param(const char *name, long value)
{
	char path[128], text[32];

	param_path(path, sizeof(path), name);
	snprintf(text, sizeof(text), "%ld", value);
	return rt_write_text(path, text);
}

long rt_param_get(const char *name)
{
	char path[128];

	param_path(path, sizeof(path), name);
	return rt_read_long(path);
}
