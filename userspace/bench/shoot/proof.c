// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proof that flushes happened: the kernel's tracepoint tlb:tlb_flush, counted on chosen CPUs, and
 * the shootdown interrupts of /proc/interrupts.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shoot.h"

#define LINE_MAX_CPUS 16384 /* bytes of a line of /proc/interrupts: some 11 a CPU */

static const char *const id_files[] = {
	"/sys/kernel/tracing/events/tlb/tlb_flush/id",
	"/sys/kernel/debug/tracing/events/tlb/tlb_flush/id",
};

static int event_id(uint64_t *id)
{
	int err = -ENOENT;

	for (size_t i = 0; i < sizeof(id_files) / sizeof(id_files[0]); i++) {
		FILE *file = fopen(id_files[i], "re");
		unsigned long long value;

		if (!file) {
			err = errno == EACCES ? -EACCES : err;
			continue;
		}
		if (fscanf(file, "%llu", &value) == 1) {
			*id = value;
			err = 0;
		}
		fclose(file);
		if (!err)
			return 0;
	}
	return err;
}

static int open_counter(uint64_t id, unsigned int cpu)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attributes),
		.config = id,
	};
	long fd = syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

static void close_counters(struct shoot_proof *proof)
{
	for (unsigned int i = 0; i < proof->count; i++) {
		if (proof->fds[i] >= 0)
			close(proof->fds[i]);
		proof->fds[i] = -1;
	}
}

static void open_counters(struct shoot_proof *proof)
{
	uint64_t id;
	int err = event_id(&id);

	if (err) {
		snprintf(proof->why, sizeof(proof->why), "no event tlb:tlb_flush: %s",
			 err == -EACCES ? "tracefs may not be read (EACCES)" :
					  "tracefs is not mounted, or the kernel lacks it (ENOENT)");
		return;
	}
	for (unsigned int i = 0; i < proof->count; i++) {
		proof->fds[i] = open_counter(id, proof->cpus[i]);
		if (proof->fds[i] >= 0)
			continue;
		snprintf(proof->why, sizeof(proof->why), "perf_event_open on CPU %u: %s",
			 proof->cpus[i], strerror(-proof->fds[i]));
		close_counters(proof);
		return;
	}
}

uint64_t shoot_ipis_of(const char *head, const char *line, const unsigned int *cpus,
		       unsigned int count)
{
	const char *value = strchr(line, ':');
	uint64_t sum = 0;

	if (!value)
		return 0;
	value++;
	/* Columns are the CPUs online, which the head names. */
	for (const char *name = strstr(head, "CPU"); name; name = strstr(name + 3, "CPU")) {
		unsigned int cpu = (unsigned int)strtoul(name + 3, NULL, 10);
		char *end;
		uint64_t number = strtoull(value, &end, 10);

		if (end == value)
			return sum;
		value = end;
		for (unsigned int i = 0; i < count; i++)
			sum += cpus[i] == cpu ? number : 0;
	}
	return sum;
}

/* Return: whether the file and its line TLB could be read. */
static bool read_ipis(struct shoot_proof *proof, uint64_t *ipis)
{
	FILE *file = fopen("/proc/interrupts", "re");
	char *head = malloc(LINE_MAX_CPUS), *line = malloc(LINE_MAX_CPUS);
	bool found = false;

	*ipis = 0;
	if (file && head && line && fgets(head, LINE_MAX_CPUS, file)) {
		while (!found && fgets(line, LINE_MAX_CPUS, file))
			found = !strncmp(line + strspn(line, " "), "TLB:", 4);
		if (found)
			*ipis = shoot_ipis_of(head, line, proof->cpus, proof->count);
	}
	free(head);
	free(line);
	if (file)
		fclose(file);
	return found;
}

void shoot_proof_open(struct shoot_proof *proof, const unsigned int *cpus, unsigned int count)
{
	uint64_t ipis;

	memset(proof, 0, sizeof(*proof));
	proof->count = count < SHOOT_SHARERS_MAX ? count : SHOOT_SHARERS_MAX;
	memcpy(proof->cpus, cpus, proof->count * sizeof(cpus[0]));
	memset(proof->fds, 0xff, sizeof(proof->fds));
	open_counters(proof);
	if (!read_ipis(proof, &ipis))
		snprintf(proof->ipi_why, sizeof(proof->ipi_why),
			 "/proc/interrupts has no line TLB that can be read");
}

void shoot_proof_close(struct shoot_proof *proof)
{
	close_counters(proof);
}

void shoot_proof_read(struct shoot_proof *proof, struct shoot_counts *counts)
{
	counts->flushes = 0;
	for (unsigned int i = 0; !proof->why[0] && i < proof->count; i++) {
		uint64_t value = 0;

		if (read(proof->fds[i], &value, sizeof(value)) != sizeof(value))
			snprintf(proof->why, sizeof(proof->why), "reading the counter: %s",
				 strerror(errno));
		counts->flushes += value;
	}
	read_ipis(proof, &counts->ipis);
}
