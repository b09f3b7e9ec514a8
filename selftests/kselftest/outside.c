// SPDX-License-Identifier: GPL-2.0-only
/* Linux seen from outside: CPUs, memory, the module's ledger, files. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

#define CPU_DIR "/sys/devices/system/cpu/"
#define LEDGER_DIR "/sys/kernel/remora/ledger/"

int rt_read_text(const char *path, char *buffer, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buffer, room - 1);
	if (n < 0) {
		n = -errno;
		close(fd);
		return (int)n;
	}
	close(fd);
	while (n && buffer[n - 1] == '\n')
		n--;
	buffer[n] = 0;
	return (int)n;
}

int rt_write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

long rt_read_long(const char *path)
{
	char text[64];
	int ret = rt_read_text(path, text, sizeof(text));

	return ret < 0 ? ret : strtol(text, NULL, 0);
}

ssize_t rt_read_file(const char *path, unsigned char **data)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size, n, got = 0;

	*data = NULL;
	if (fd < 0)
		return -errno;
	size = lseek(fd, 0, SEEK_END);
	if (size > 0)
		*data = malloc((size_t)size);
	while (*data && got < size) {
		n = pread(fd, *data + got, (size_t)(size - got), got);
		if (n <= 0)
			break;
		got += n;
	}
	close(fd);
	return *data && got == size ? size : -EIO;
}

int rt_memfd(const void *data, size_t bytes)
{
	int fd = memfd_create("remora-test", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (write(fd, data, bytes) != (ssize_t)bytes) {
		close(fd);
		return -EIO;
	}
	return fd;
}

unsigned int rt_cpus(__u32 *cpus, unsigned int room)
{
	long last = sysconf(_SC_NPROCESSORS_CONF);
	unsigned int count = 0;
	char path[96];

	for (long cpu = last - 1; cpu > 0 && count < room; cpu--) {
		snprintf(path, sizeof(path), CPU_DIR "cpu%ld/online", cpu);
		if (rt_read_long(path) == 1)
			cpus[count++] = (__u32)cpu;
	}
	return count;
}

int rt_cpu_online(unsigned int cpu, bool online)
{
	char path[96];

	snprintf(path, sizeof(path), CPU_DIR "cpu%u/online", cpu);
	return rt_write_text(path, online ? "1" : "0");
}

/* In a child, so that the caller's own affinity and any hang stay out of this. */
int rt_cpu_works(unsigned int cpu)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		return -errno;
	if (!child) {
		volatile unsigned long sum = 0;
		cpu_set_t set;
		unsigned int where;

		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		if (sched_setaffinity(0, sizeof(set), &set))
			_exit(1);
		for (unsigned long i = 1; i <= 1000; i++)
			sum += i;
		if (getcpu(&where, NULL) || where != cpu || sum != 500500)
			_exit(2);
		_exit(0);
	}
	if (waitpid(child, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

long rt_ledger(const char *item)
{
	char path[128];

	snprintf(path, sizeof(path), LEDGER_DIR "%s", item);
	return rt_read_long(path);
}

long rt_ledger_becomes(const char *item, long value)
{
	for (int i = 0; rt_ledger(item) != value && i < RT_PATIENT_MS / 20; i++)
		usleep(20000);
	return rt_ledger(item);
}

long rt_ledger_total(char *culprit, size_t room)
{
	DIR *dir = opendir(LEDGER_DIR);
	struct dirent *entry;
	long total = 0, items = 0;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		long value;

		if (entry->d_name[0] == '.')
			continue;
		items++;
		value = rt_ledger(entry->d_name);
		if (value)
			snprintf(culprit, room, "%s is %ld", entry->d_name, value);
		total += value < 0 ? -value : value;
	}
	closedir(dir);
	return items ? total : -ENOENT;
}

static long meminfo(const char *name)
{
	char line[128];
	long value = -ENOENT;
	FILE *file = fopen("/proc/meminfo", "re");

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			value = strtol(line + strlen(name) + 1, NULL, 10);
	fclose(file);
	return value;
}

/* Free pages wait on each CPU's own lists, by the thousand, and MemFree does not count them. */
static long cpu_lists_kb(void)
{
	FILE *file = fopen("/proc/zoneinfo", "re");
	char line[256];
	long pages = 0, count;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, " count: %ld", &count) == 1)
			pages += count;
	if (file)
		fclose(file);
	return pages * 4;
}

int rt_snapshot(struct rt_snapshot *s)
{
	int ret = rt_read_text(CPU_DIR "online", s->online, sizeof(s->online));

	if (ret < 0)
		return ret;
	sync();
	ret = rt_write_text("/proc/sys/vm/drop_caches", "3");
	if (ret < 0)
		return ret;
	rt_write_text("/proc/sys/vm/stat_refresh", "1");
	s->mem_total_kb = meminfo("MemTotal");
	s->mem_free_kb = meminfo("MemFree") + cpu_lists_kb();
	return 0;
}

/*
 * On the debug kernel freed objects wait in KASAN's quarantine, up to 1/32 of memory. Leaks of
 * objects are kmemleak's business there, whose presence tells the kernel apart; pages that do not
 * come back are seen on the other kernels.
 */
static long quarantine_kb(void)
{
	return access("/sys/kernel/debug/kmemleak", F_OK) ? 0 : meminfo("MemTotal") / 32;
}

const char *rt_snapshot_differs(const struct rt_snapshot *before, long free_slack_kb)
{
	static char text[640];
	struct rt_snapshot now;
	int ret = rt_snapshot(&now);

	if (ret < 0)
		snprintf(text, sizeof(text), "cannot look: %s", strerror(-ret));
	else if (strcmp(before->online, now.online))
		snprintf(text, sizeof(text), "online CPUs were %s, are %s", before->online,
			 now.online);
	else if (before->mem_total_kb != now.mem_total_kb)
		snprintf(text, sizeof(text), "MemTotal was %ld kB, is %ld kB",
			 before->mem_total_kb, now.mem_total_kb);
	else if (now.mem_free_kb + free_slack_kb + quarantine_kb() < before->mem_free_kb)
		snprintf(text, sizeof(text), "MemFree was %ld kB, is %ld kB", before->mem_free_kb,
			 now.mem_free_kb);
	else
		return NULL;
	return text;
}
