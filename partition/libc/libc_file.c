// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* File descriptors: the three streams, and a few devices that need no file system. */
#include <base/string.h>

#include "libc_core.h"

#define FILES 16u
#define PATH 64u
#define STDIO_MODE 0600u

enum kind {
	KIND_NONE = 0,
	KIND_STREAM = 1, /* of @stream */
	KIND_NULL = 2,
	KIND_ZERO = 3,
	KIND_RANDOM = 4,
};

struct file {
	uint8_t kind;
	uint8_t stream;
	uint32_t flags; /* of open and fcntl */
};

static struct file files[FILES] = {
	{ .kind = KIND_STREAM, .stream = ABI_STREAM_INPUT },
	{ .kind = KIND_STREAM, .stream = ABI_STREAM_OUTPUT, .flags = 1 },
	{ .kind = KIND_STREAM, .stream = ABI_STREAM_ERROR, .flags = 1 },
};

static const struct {
	const char *path;
	struct file file;
} devices[] = {
	{ "/dev/null", { .kind = KIND_NULL } },
	{ "/dev/zero", { .kind = KIND_ZERO } },
	{ "/dev/random", { .kind = KIND_RANDOM } },
	{ "/dev/urandom", { .kind = KIND_RANDOM } },
	{ "/dev/stdin", { .kind = KIND_STREAM, .stream = ABI_STREAM_INPUT } },
	{ "/dev/stdout", { .kind = KIND_STREAM, .stream = ABI_STREAM_OUTPUT } },
	{ "/dev/stderr", { .kind = KIND_STREAM, .stream = ABI_STREAM_ERROR } },
};

static struct file *file_of(uint64_t fd)
{
	return fd < FILES && files[fd].kind != KIND_NONE ? &files[fd] : NULL;
}

bool linux_file_known(uint64_t fd)
{
	return file_of((uint32_t)fd);
}

bool linux_file_stream(uint64_t fd, uint32_t *stream)
{
	const struct file *f = file_of((uint32_t)fd);

	if (!f || f->kind != KIND_STREAM)
		return false;
	*stream = f->stream;
	return true;
}

/* The lowest number from @from on that is free gets @f. */
static long file_new(uint64_t from, const struct file *f)
{
	for (uint64_t fd = from; fd < FILES; fd++) {
		if (files[fd].kind == KIND_NONE) {
			files[fd] = *f;
			return (long)fd;
		}
	}
	return -RT_EMFILE;
}

static long random_read(void *to, uint64_t bytes)
{
	struct abi_registers r = { .rdi = (uint64_t)to, .rsi = bytes };

	return linux_getrandom(&r);
}

static long file_read(const struct file *f, void *to, uint64_t bytes, bool wait)
{
	switch (f->kind) {
	case KIND_STREAM:
		if (f->stream != ABI_STREAM_INPUT)
			return -RT_EBADF;
		return rt_stream_read(to, bytes, wait && !(f->flags & OPEN_NONBLOCK));
	case KIND_ZERO:
		memset(to, 0, bytes);
		return (long)bytes;
	case KIND_RANDOM:
		return random_read(to, bytes);
	default:
		return 0;
	}
}

static long file_write(const struct file *f, const void *from, uint64_t bytes)
{
	if (f->kind != KIND_STREAM)
		return (long)bytes;
	return rt_stream_write(f->stream, from, bytes, !(f->flags & OPEN_NONBLOCK));
}

long linux_read(struct abi_registers *r)
{
	const struct file *f = file_of((uint32_t)ARG0(r));

	return f ? file_read(f, (void *)ARG1(r), ARG2(r), true) : -RT_EBADF;
}

long linux_write(struct abi_registers *r)
{
	const struct file *f = file_of((uint32_t)ARG0(r));

	return f ? file_write(f, (const void *)ARG1(r), ARG2(r)) : -RT_EBADF;
}

/* All pieces, until one is not done in full: then how much was done before counts. */
static long vector(struct abi_registers *r, bool write)
{
	const struct file *f = file_of((uint32_t)ARG0(r));
	const struct linux_iovec *v = (const struct linux_iovec *)ARG1(r);
	uint64_t count = ARG2(r);
	long all = 0, done;

	if (!f)
		return -RT_EBADF;
	if (count > 1024)
		return -RT_EINVAL;
	for (uint64_t i = 0; i < count; i++) {
		if (!v[i].bytes)
			continue;
		done = write ? file_write(f, v[i].base, v[i].bytes) :
			       file_read(f, v[i].base, v[i].bytes, !all);
		if (done < 0)
			return all ? all : done;
		all += done;
		if ((uint64_t)done < v[i].bytes)
			break;
	}
	return all;
}

long linux_readv(struct abi_registers *r)
{
	return vector(r, false);
}

long linux_writev(struct abi_registers *r)
{
	return vector(r, true);
}

static const struct file *device(const char *path)
{
	for (unsigned int i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		size_t bytes = base_strlen(devices[i].path, PATH) + 1;

		if (base_strlen(path, PATH) + 1 == bytes && !memcmp(path, devices[i].path, bytes))
			return &devices[i].file;
	}
	return NULL;
}

static long path_open(const char *path, uint64_t flags)
{
	const struct file *f = device(path);
	struct file opened;

	if (!f)
		return flags & OPEN_CREAT ? -RT_EACCES : -RT_ENOENT;
	opened = *f;
	opened.flags = (uint32_t)flags & (OPEN_ACCESS | OPEN_NONBLOCK);
	return file_new(0, &opened);
}

long linux_open(struct abi_registers *r)
{
	return path_open((const char *)ARG0(r), ARG1(r));
}

long linux_openat(struct abi_registers *r)
{
	return path_open((const char *)ARG1(r), ARG2(r));
}

long linux_close(struct abi_registers *r)
{
	struct file *f = file_of((uint32_t)ARG0(r));

	if (!f)
		return -RT_EBADF;
	f->kind = KIND_NONE;
	return 0;
}

static bool is_terminal(uint64_t fd)
{
	const char *which = linux_getenv("REMORA_TTY");
	const struct file *f = file_of(fd);

	if (!f || f->kind != KIND_STREAM)
		return false;
	for (; which && *which; which++) {
		if (*which == (char)('0' + f->stream))
			return true;
	}
	return false;
}

static long file_stat(const struct file *f, uint64_t fd, struct linux_stat *to)
{
	bool pipe = f->kind == KIND_STREAM && !is_terminal(fd);

	memset(to, 0, sizeof(*to));
	to->mode = (pipe ? S_IFIFO_ : S_IFCHR_) | STDIO_MODE;
	to->ino = f->kind * ABI_STREAMS + f->stream + 1u;
	to->nlink = 1;
	to->blksize = 4096;
	return 0;
}

long linux_fstat(struct abi_registers *r)
{
	const struct file *f = file_of((uint32_t)ARG0(r));

	return f ? file_stat(f, (uint32_t)ARG0(r), (struct linux_stat *)ARG1(r)) : -RT_EBADF;
}

static long path_stat(const char *path, struct linux_stat *to)
{
	const struct file *f = device(path);

	return f ? file_stat(f, FILES, to) : -RT_ENOENT;
}

long linux_stat(struct abi_registers *r)
{
	return path_stat((const char *)ARG0(r), (struct linux_stat *)ARG1(r));
}

long linux_fstatat(struct abi_registers *r)
{
	const char *path = (const char *)ARG1(r);
	const struct file *f = file_of((uint32_t)ARG0(r));

	if (!(ARG3(r) & AT_EMPTY_PATH_) || *path)
		return path_stat(path, (struct linux_stat *)ARG2(r));
	return f ? file_stat(f, (uint32_t)ARG0(r), (struct linux_stat *)ARG2(r)) : -RT_EBADF;
}

long linux_lseek(struct abi_registers *r)
{
	const struct file *f = file_of((uint32_t)ARG0(r));

	if (!f)
		return -RT_EBADF;
	return f->kind == KIND_STREAM ? -RT_ESPIPE : 0;
}

/* Of the size of a terminal only the usual is known. */
long linux_ioctl(struct abi_registers *r)
{
	uint64_t fd = (uint32_t)ARG0(r);

	if (!file_of(fd))
		return -RT_EBADF;
	if (!is_terminal(fd) || (uint32_t)ARG1(r) != IOCTL_TIOCGWINSZ)
		return -RT_ENOTTY;
	*(struct linux_winsize *)ARG2(r) = (struct linux_winsize){ .rows = 24, .columns = 80 };
	return 0;
}

long linux_dup(struct abi_registers *r)
{
	const struct file *f = file_of((uint32_t)ARG0(r));

	return f ? file_new(0, f) : -RT_EBADF;
}

long linux_dup2(struct abi_registers *r)
{
	const struct file *f = file_of((uint32_t)ARG0(r));

	if (!f || (uint32_t)ARG1(r) >= FILES)
		return -RT_EBADF;
	files[(uint32_t)ARG1(r)] = *f;
	return (long)(uint32_t)ARG1(r);
}

long linux_fcntl(struct abi_registers *r)
{
	struct file *f = file_of((uint32_t)ARG0(r));

	if (!f)
		return -RT_EBADF;
	switch (ARG1(r)) {
	case FCNTL_DUPFD:
	case FCNTL_DUPFD_CLOEXEC:
		return ARG2(r) < FILES ? file_new(ARG2(r), f) : -RT_EINVAL;
	case FCNTL_GETFD:
	case FCNTL_SETFD:
		return 0;
	case FCNTL_GETFL:
		return f->flags;
	case FCNTL_SETFL:
		f->flags = (f->flags & OPEN_ACCESS) | ((uint32_t)ARG2(r) & OPEN_NONBLOCK);
		return 0;
	default:
		return -RT_EINVAL;
	}
}

long linux_no_file(struct abi_registers *r)
{
	(void)r;
	return -RT_ENOENT;
}

long linux_getcwd(struct abi_registers *r)
{
	if (ARG1(r) < 2)
		return -RT_ERANGE;
	memcpy((void *)ARG0(r), "/", 2);
	return 2;
}
