// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora check: the CPUs asked for, or those that could be.
 */
#include <string.h>

#include "probe.h"
#include "sysfile.h"

#define CPU "/sys/devices/system/cpu"
#define LIST_MAX 4096

/* A set of CPU numbers, as the kernel prints it. */
struct cpu_list {
	char text[LIST_MAX];
};

/* Call @each for every CPU in a list of the kernel, which may hold more than a partition can. */
static unsigned int walk(const char *list, bool (*each)(uint32_t cpu, void *context), void *context)
{
	unsigned int count = 0, first, last;
	int used;

	while (sscanf(list, "%u%n", &first, &used) == 1) {
		list += used;
		last = first;
		if (*list == '-' && sscanf(list + 1, "%u%n", &last, &used) == 1)
			list += 1 + used;
		for (unsigned int cpu = first; cpu <= last && cpu <= REMORA_CPU_NUMBER_MAX; cpu++)
			count += each(cpu, context);
		if (*list != ',')
			break;
		list++;
	}
	return count;
}

static bool is_asked(const struct probe *probe, uint32_t cpu)
{
	for (uint32_t i = 0; i < probe->request.create.cpu_count; i++)
		if (probe->request.cpus[i] == cpu)
			return true;
	return false;
}

static bool stays(uint32_t cpu, void *context)
{
	return !is_asked(context, cpu);
}

static bool is_online(uint32_t cpu)
{
	uint64_t online = 0;

	if (!sysfile_exists(CPU "/cpu%u/online", cpu))
		return sysfile_exists(CPU "/cpu%u", cpu);
	return !sysfile_number(&online, 10, CPU "/cpu%u/online", cpu) && online;
}

/* Report what stands against one CPU. Return: nothing does. */
static bool one(struct probe *probe, uint32_t cpu)
{
	if (!sysfile_exists(CPU "/cpu%u", cpu)) {
		probe_found(probe, LEVEL_FAIL, "cpu", REMORA_R_CPU_UNKNOWN,
			    "CPU %u: this machine has no CPU of that number", cpu);
		return false;
	}
	if (cpu == 0) {
		probe_found(probe, LEVEL_FAIL, "cpu", REMORA_R_CPU_ZERO,
			    "CPU 0 cannot be taken: Linux needs it");
		return false;
	}
	if (!sysfile_exists(CPU "/cpu%u/online", cpu)) {
		probe_found(probe, LEVEL_FAIL, "cpu", REMORA_R_CPU_NOT_HOTPLUGGABLE,
			    "CPU %u cannot be taken offline on this machine", cpu);
		return false;
	}
	if (!is_online(cpu)) {
		probe_found(probe, LEVEL_FAIL, "cpu", REMORA_R_CPU_OFFLINE,
			    "CPU %u is offline; it must be online so that Linux can give it up",
			    cpu);
		return false;
	}
	return true;
}

struct sibling_search {
	const struct probe *probe;
	uint32_t cpu;
	uint32_t left; /* an online sibling that Linux keeps */
};

static bool left_behind(uint32_t cpu, void *context)
{
	struct sibling_search *search = context;

	if (cpu == search->cpu || is_asked(search->probe, cpu) || !is_online(cpu))
		return false;
	search->left = cpu;
	return true;
}

static void siblings(struct probe *probe, uint32_t cpu)
{
	struct sibling_search search = { .probe = probe, .cpu = cpu };
	struct cpu_list list;

	sysfile_read(list.text, sizeof(list.text), CPU "/cpu%u/topology/thread_siblings_list", cpu);
	if (walk(list.text, left_behind, &search))
		probe_found(probe, LEVEL_WARN, "cpu", REMORA_R_CPU_SMT_SPLIT,
			    "CPU %u shares its core with CPU %u, which stays with Linux", cpu,
			    search.left);
}

static bool could_be_taken(uint32_t cpu, void *context)
{
	(void)context;
	return cpu && is_online(cpu) && sysfile_exists(CPU "/cpu%u/online", cpu);
}

static void candidates(struct probe *probe, const struct cpu_list *online)
{
	unsigned int count = walk(online->text, could_be_taken, NULL);

	if (count)
		probe_found(probe, LEVEL_OK, "cpu", 0, "CPUs that could be taken: %u; online: %s",
			    count, online->text);
	else
		probe_found(probe, LEVEL_FAIL, "cpu", REMORA_R_CPU_NOT_HOTPLUGGABLE,
			    "no CPU of this machine can be taken offline");
}

void probe_cpus(struct probe *probe)
{
	uint32_t good = 0, count = probe->request.create.cpu_count;
	struct cpu_list online;

	sysfile_read(online.text, sizeof(online.text), CPU "/online");
	if (!count) {
		candidates(probe, &online);
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		good += one(probe, probe->request.cpus[i]);
	if (!walk(online.text, stays, probe))
		probe_found(probe, LEVEL_FAIL, "cpu", REMORA_R_CPU_LAST,
			    "Linux must keep at least one CPU");
	for (uint32_t i = 0; good == count && i < count; i++)
		siblings(probe, probe->request.cpus[i]);
	if (good == count)
		probe_found(probe, LEVEL_OK, "cpu", 0, "CPUs online that can be taken offline: %u",
			    count);
}
