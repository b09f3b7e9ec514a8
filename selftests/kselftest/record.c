// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the tests meet. Every ioctl of every test goes through here (--wrap=ioctl); when REMORA_SEEN
 * names a file, each way that a command ended is appended to it once a process, as in errors.table.
 * coverage.sh compares the two.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "support.h"

#define REASONS 128
#define ERRNOS 136

int __real_ioctl(int fd, unsigned long command, void *arg);
int __wrap_ioctl(int fd, unsigned long command, ...);

/* explained: its structure ends with a struct remora_error. */
static const struct {
	unsigned long command;
	const char *name;
	bool explained;
} commands[] = {
#define PLAIN(name_) { REMORA_IOC_##name_, #name_, false }
#define EXPLAINED(name_) { REMORA_IOC_##name_, #name_, true }
	PLAIN(VERSION), PLAIN(LIST), PLAIN(STATUS), PLAIN(CONSOLE), PLAIN(CHANNEL), PLAIN(NOTIFY),
	EXPLAINED(CREATE), EXPLAINED(CHECK), EXPLAINED(DESTROY), EXPLAINED(START), EXPLAINED(STOP),
	EXPLAINED(RESET), EXPLAINED(BIND), EXPLAINED(INJECT), EXPLAINED(PEER_PING),
	EXPLAINED(SHOOTDOWN), EXPLAINED(ADD_CPU), EXPLAINED(REMOVE_CPU), EXPLAINED(NAMES),
	EXPLAINED(MEMORY_ADD), EXPLAINED(MEMORY_REMOVE),
	EXPLAINED(NAMES_ASK), EXPLAINED(NAMES_LIST), EXPLAINED(NAMES_WATCH),
	EXPLAINED(NAMES_CONNECT), EXPLAINED(NAMES_OFFER), EXPLAINED(OFFER_ACCEPT),
	EXPLAINED(OFFER_REFUSE),
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char *const reasons[REASONS] = {
#define REASON_NAME(name, number, error, text) [number] = #name,
	REMORA_REASONS(REASON_NAME)
};

static const int errnos[REASONS] = {
#define REASON_ERRNO(name, number, error, text) [number] = error,
	REMORA_REASONS(REASON_ERRNO)
};

/* The argument may point anywhere, so it is read as another process's memory is. */
static unsigned int reason_of(unsigned int which, const void *arg)
{
	size_t offset = _IOC_SIZE(commands[which].command) - sizeof(struct remora_error);
	unsigned int reason = 0;
	struct iovec to = { &reason, sizeof(reason) }, from = { (char *)arg + offset, sizeof(reason) };

	if (!commands[which].explained ||
	    process_vm_readv(getpid(), &to, 1, &from, 1, 0) != sizeof(reason))
		return 0;
	return reason < REASONS && reasons[reason] ? reason : 0;
}

/* Also where a test has just used up all descriptors. */
static int record_open(const char *path)
{
	const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC;
	int fd = open(path, flags, 0666);
	struct rlimit limit, more;

	if (fd >= 0 || errno != EMFILE || getrlimit(RLIMIT_NOFILE, &limit))
		return fd;
	more = limit;
	more.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &more);
	fd = open(path, flags, 0666);
	setrlimit(RLIMIT_NOFILE, &limit);
	return fd;
}

static void record(unsigned int which, unsigned int reason, int error)
{
	static bool seen[COMMANDS][REASONS + ERRNOS];
	unsigned int how = reason ? reason : REASONS + (unsigned int)error;
	const char *path = getenv("REMORA_SEEN");
	char line[96];
	int fd, length;

	if (!path || error >= ERRNOS || seen[which][how])
		return;
	seen[which][how] = true;
	length = snprintf(line, sizeof(line), "%s %s%s\n", commands[which].name,
			  reason ? reasons[reason] : error ? strerrorname_np(error) : "ok",
			  reason && errnos[reason] != error ? " with another errno" : "");
	fd = record_open(path);
	/* Tests without privileges append too. */
	fchmod(fd, 0666);
	if (fd < 0 || write(fd, line, (size_t)length) != length)
		perror(path);
	close(fd);
}

int __wrap_ioctl(int fd, unsigned long command, ...)
{
	unsigned int which = 0;
	int ret, error;
	va_list args;
	void *arg;

	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	ret = __real_ioctl(fd, command, arg);
	error = ret < 0 ? errno : 0;
	while (which < COMMANDS && commands[which].command != command)
		which++;
	/* Neither of these comes from the command: the wrong file, and no memory to say more in. */
	if (which < COMMANDS && error != EBADF && error != ENOTTY)
		record(which, error ? reason_of(which, arg) : 0, error);
	if (ret < 0)
		errno = error;
	return ret;
}
