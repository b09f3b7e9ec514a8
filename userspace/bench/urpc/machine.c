// SPDX-License-Identifier: GPL-2.0-only
/* The machine that the figures belong to. */
#define _GNU_SOURCE
#include <sched.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "bench.h"

/* First line of @path without its newline, or "" when there is none. */
static void first_line(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "r");

	text[0] = '\0';
	if (!f)
		return;
	if (fgets(text, (int)size, f))
		text[strcspn(text, "\n")] = '\0';
	fclose(f);
}

/* The value of the first line of /proc/cpuinfo that begins with @key. */
static void cpuinfo(const char *key, char *text, size_t size)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	char line[4096];

	snprintf(text, size, "unknown");
	while (f && fgets(line, sizeof(line), f)) {
		char *colon = strchr(line, ':');

		if (!colon || strncmp(line, key, strlen(key)))
			continue;
		colon[strcspn(colon, "\n")] = '\0';
		snprintf(text, size, "%.200s", colon + 2);
		break;
	}
	if (f)
		fclose(f);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double machine_tsc_ghz(void)
{
	static double ghz;
	double start = seconds();
	uint64_t cycles = bench_cycles();

	if (ghz > 0)
		return ghz;
	while (seconds() - start < 0.1)
		;
	ghz = (double)(bench_cycles() - cycles) / (seconds() - start) * 1e-9;
	return ghz;
}

static void topology(int cpu, const char *file, char *text, size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/%s", cpu, file);
	first_line(path, text, size);
}

static bool same(int a, int b, const char *file)
{
	char x[256], y[256];

	topology(a, file, x, sizeof(x));
	topology(b, file, y, sizeof(y));
	return x[0] && !strcmp(x, y);
}

const char *machine_distance(int a, int b)
{
	if (same(a, b, "topology/thread_siblings_list"))
		return "SMT siblings";
	if (same(a, b, "cache/index3/shared_cpu_list"))
		return "same L3";
	if (same(a, b, "topology/physical_package_id"))
		return "same package";
	return "other package";
}

/* The first two CPUs that this process may use, on different cores when there are such. */
bool machine_default_cpus(int cpu[2])
{
	cpu_set_t set;
	int i, second = -1;

	cpu[0] = -1;
	if (sched_getaffinity(0, sizeof(set), &set))
		return false;
	for (i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &set))
			continue;
		if (cpu[0] < 0) {
			cpu[0] = i;
		} else if (!same(cpu[0], i, "topology/thread_siblings_list")) {
			cpu[1] = i;
			return true;
		} else if (second < 0) {
			second = i;
		}
	}
	cpu[1] = second;
	return second >= 0;
}

void machine_describe(FILE *to, const struct options *o)
{
	char model[256], hypervisor[64], load[64];
	struct utsname u;

	uname(&u);
	cpuinfo("model name", model, sizeof(model));
	first_line("/proc/loadavg", load, sizeof(load));
	cpuinfo("flags", hypervisor, sizeof(hypervisor));
	fprintf(to, "# processor: %s\n# kernel: %s %s\n# TSC: %.3f GHz\n", model, u.sysname,
		u.release, machine_tsc_ghz());
	fprintf(to, "# CPUs used: %d and %d (%s)%s\n# load average: %s\n", o->cpu[0], o->cpu[1],
		machine_distance(o->cpu[0], o->cpu[1]), o->fifo ? ", SCHED_FIFO" : "", load);
	fprintf(to, "# measured natively; medians of %u runs; cycles are TSC cycles\n", o->runs);
}
