// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small files of /proc, /sys and /lib.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "sysfile.h"

static void make_path(char *path, const char *format, va_list args)
{
	const char *root = getenv("REMORA_SYSROOT");
	char below[SYSFILE_PATH_MAX];

	vsnprintf(below, sizeof(below), format, args);
	if (snprintf(path, SYSFILE_PATH_MAX, "%s%s", root ? root : "", below) >= SYSFILE_PATH_MAX)
		path[0] = 0; /* no file is better than another one */
}

void sysfile_path(char *path, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	make_path(path, format, args);
	va_end(args);
}

static int read_path(char *text, size_t size, const char *path)
{
	size_t length = 0;
	ssize_t got = 0;
	int fd;

	text[0] = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (length + 1 < size && (got = read(fd, text + length, size - 1 - length)) > 0)
		length += (size_t)got;
	if (got < 0) {
		int err = -errno;

		close(fd);
		text[0] = 0;
		return err;
	}
	close(fd);
	while (length && text[length - 1] == '\n')
		length--;
	text[length] = 0;
	return (int)length;
}

int sysfile_read(char *text, size_t size, const char *format, ...)
{
	char path[SYSFILE_PATH_MAX];
	va_list args;

	va_start(args, format);
	make_path(path, format, args);
	va_end(args);
	return read_path(text, size, path);
}

bool sysfile_exists(const char *format, ...)
{
	char path[SYSFILE_PATH_MAX];
	va_list args;

	va_start(args, format);
	make_path(path, format, args);
	va_end(args);
	return !access(path, F_OK);
}

int sysfile_number(uint64_t *value, int base, const char *format, ...)
{
	char path[SYSFILE_PATH_MAX], text[64], *end;
	va_list args;
	int got;

	va_start(args, format);
	make_path(path, format, args);
	va_end(args);
	got = read_path(text, sizeof(text), path);
	if (got < 0)
		return got;
	errno = 0;
	*value = strtoull(text, &end, base);
	return errno || end == text || *end ? -EINVAL : 0;
}

FILE *sysfile_open(const char *format, ...)
{
	char path[SYSFILE_PATH_MAX];
	va_list args;

	va_start(args, format);
	make_path(path, format, args);
	va_end(args);
	return fopen(path, "re");
}
