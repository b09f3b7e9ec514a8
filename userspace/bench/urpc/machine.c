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
		snprintf(text, size, "%s", colon[1] ? colon + 2 : "");
		break;
	}
	if (f)
		fclose(f);
}

double machine_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double machine_tsc_ghz(void)
{
	static double ghz;
	double start = machine_seconds();
	uint64_t cycles = bench_cycles();

	if (ghz > 0)
		return ghz;
	while (machine_seconds() - start < 0.1)
		;
	ghz = (double)(bench_cycles() - cycles) / (machine_seconds() - start) * 1e-9;
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

unsigned int machine_cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 0 : (unsigned int)CPU_COUNT(&set);
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

/* Sizes of the caches of a CPU, innermost first. */
static void describe_caches(FILE *to, int cpu)
{
	char file[64], level[16], type[32], size[32];
	int i;

	fprintf(to, "# caches of CPU %d:", cpu);
	for (i = 0; i < 8; i++) {
		snprintf(file, sizeof(file), "cache/index%d/level", i);
		topology(cpu, file, level, sizeof(level));
		snprintf(file, sizeof(file), "cache/index%d/type", i);
		topology(cpu, file, type, sizeof(type));
		snprintf(file, sizeof(file), "cache/index%d/size", i);
		topology(cpu, file, size, sizeof(size));
		if (level[0])
			fprintf(to, " L%s %s %s;", level, type, size);
	}
	fprintf(to, "\n");
}

void machine_describe(FILE *to, const struct options *o)
{
	char model[256], family[32], number[32], stepping[32], flags[4096], load[64];
	struct utsname u;

	uname(&u);
	cpuinfo("model name", model, sizeof(model));
	cpuinfo("cpu family", family, sizeof(family));
	cpuinfo("model\t", number, sizeof(number));
	cpuinfo("stepping", stepping, sizeof(stepping));
	cpuinfo("flags", flags, sizeof(flags));
	first_line("/proc/loadavg", load, sizeof(load));
	fprintf(to, "# processor: %s (family %s, model %s, stepping %s), %u CPUs%s\n", model,
		family, number, stepping, machine_cpus(),
		strstr(flags, " hypervisor") ? ", in a virtual machine" : "");
	describe_caches(to, o->cpu[0]);
	fprintf(to, "# kernel: %s %s\n# TSC: %.3f GHz\n# compiler: gcc %s\n", u.sysname,
		u.release, machine_tsc_ghz(), __VERSION__);
	fprintf(to, "# CPUs used: %d and %d (%s)%s\n# load average: %s\n", o->cpu[0], o->cpu[1],
		machine_distance(o->cpu[0], o->cpu[1]), o->fifo ? ", SCHED_FIFO" : "", load);
	fprintf(to, "# measured natively; medians of at least %u runs; cycles are TSC cycles\n",
		o->runs);
}
