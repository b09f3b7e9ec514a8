// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora bench quiet: who else uses a core that should only compute.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "cli.h"
#include "quiet.h"
#include "sysfile.h"

/* Numbers of a file like /sys/devices/system/cpu/isolated; none when it is empty or not there. */
static uint32_t cpus_of(const char *file, uint32_t list[REMORA_CPUS_MAX])
{
	struct remora_error error;
	uint32_t count = 0;
	char text[1024];

	if (sysfile_read(text, sizeof(text), "/sys/devices/system/cpu/%s", file) <= 0 ||
	    remora_parse_cpus(text, list, &count, &error))
		return 0;
	return count;
}

static bool among(uint32_t cpu, const uint32_t *list, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (list[i] == cpu)
			return true;
	return false;
}

static bool online(uint32_t cpu)
{
	uint32_t list[REMORA_CPUS_MAX];

	return among(cpu, list, cpus_of("online", list));
}

/* One for each kind: isolated and without a tick, or neither; not the first, if there is another. */
static bool choose(bool isolated, uint32_t *cpu)
{
	uint32_t all[REMORA_CPUS_MAX], alone[REMORA_CPUS_MAX], quiet[REMORA_CPUS_MAX];
	uint32_t count = cpus_of("online", all), alones = cpus_of("isolated", alone);
	uint32_t quiets = cpus_of("nohz_full", quiet);
	bool found = false;

	for (uint32_t i = 0; i < count; i++) {
		bool a = among(all[i], alone, alones), q = among(all[i], quiet, quiets);

		if (isolated ? a && q : !a && !q) {
			*cpu = all[i];
			found = true;
			if (i)
				break;
		}
	}
	return found;
}

static void add(struct quiet *quiet, enum quiet_kind kind, const char *partition, uint32_t number,
		uint32_t cpu)
{
	quiet->rows[quiet->row_count++] = (struct quiet_row){
		.kind = kind,
		.place = { .partition = partition, .number = number },
		.cpu = cpu,
	};
}

static int add_core(struct quiet *quiet, const char *name, uint32_t node)
{
	const struct program_place place = { .partition = name, .number = node };
	uint32_t cpu;
	int code = program_core(&place, &cpu);

	if (!code)
		add(quiet, QUIET_CORE, name, node, cpu);
	return code;
}

static int add_cpu(struct quiet *quiet, enum quiet_kind kind, const char *option,
		   const struct cli_number *given)
{
	bool isolated = kind == QUIET_ISOLATED;
	uint32_t cpu = (uint32_t)given->value;

	if (given->given) {
		if (!online(cpu))
			return cli_usage("%s: CPU %u is not online", option, cpu);
	} else if (!choose(isolated, &cpu)) {
		if (isolated)
			cli_note("no CPU is both in isolcpus= and nohz_full= of this kernel's "
				 "command line: no row for one");
		return isolated ? CLI_OK : cli_fail(CLI_FAILED, "no CPU is left to Linux alone");
	}
	add(quiet, kind, NULL, cpu, cpu);
	return CLI_OK;
}

static int write_csv(const struct quiet *quiet, const char *name)
{
	FILE *file = fopen(name, "we");

	if (!file)
		return cli_errno(-errno, NULL, name);
	quiet_csv(quiet, file);
	if (ferror(file) | fclose(file))
		return cli_fail(CLI_FAILED, "writing %s failed", name);
	return CLI_OK;
}

static int run(struct quiet *quiet, const char *csv, const char *svg, bool json)
{
	time_t now = time(NULL);
	struct tm date;
	int code;

	machine_describe(&quiet->machine);
	quiet->tsc_khz = machine_tsc_khz();
	if (!quiet->tsc_khz)
		return cli_fail(CLI_FAILED, "the TSC's frequency could not be measured");
	if (gmtime_r(&now, &date))
		strftime(quiet->date, sizeof(quiet->date), "%Y-%m-%d %H:%M UTC", &date);
	code = quiet_run(quiet);
	if (code)
		return code;
	if (json)
		quiet_json(quiet, stdout);
	else
		quiet_table(quiet, stdout);
	if (csv)
		code = write_csv(quiet, csv);
	if (!code && svg)
		code = quiet_plot(quiet, svg);
	return code;
}

int bench_quiet(int argc, char **argv)
{
	struct cli_number core = { .value = 1, .min = 1, .max = REMORA_CPUS_MAX };
	struct cli_number cpu = { .max = CPU_SETSIZE - 1 }, isolated = { .max = CPU_SETSIZE - 1 };
	struct cli_number seconds = { .value = 10, .min = 1, .max = 100 };
	struct cli_number turns = { .value = 250000, .min = 1000, .max = 1000000000 };
	const char *csv = NULL, *svg = NULL, *directory = PROGRAM_DIRECTORY, *name;
	bool json = false;
	const struct cli_option options[] = {
		{ "core", 'c', "N", "core of the partition; 1 if not given", NULL, NULL, &core },
		{ "cpu", 'l', "N", "CPU of Linux; one that is not isolated if not given", NULL,
		  NULL, &cpu },
		{ "isolated", 'i', "N", "CPU that was isolated; found if not given", NULL, NULL,
		  &isolated },
		{ "seconds", 's', "N", "how long on each; 10 if not given", NULL, NULL, &seconds },
		{ "turns", 'w', "N", "work of a quantum; 250000 if not given", NULL, NULL, &turns },
		{ "csv", 0, "FILE", "every quantum into a file", NULL, &csv, NULL },
		{ "plot", 0, "FILE.svg", "a picture, by gnuplot, and its script", NULL, &svg, NULL },
		{ "programs", 0, "DIR", "with remora/fwq and linux/fwq; " PROGRAM_DIRECTORY
		  " if not given", NULL, &directory, NULL },
		{ "json", 'j', NULL, "JSON", &json, NULL, NULL },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"bench quiet [NAME] [OPTIONS]",
		"Runs the same work again and again on a core of a partition, on a CPU of Linux,\n"
		"and on one that Linux was told to leave alone (isolcpus=nohz,domain,N\n"
		"nohz_full=N), and shows how long each piece took and how many interrupts came.\n"
		"Without NAME: Linux alone.",
		options, 0, 1,
	};
	struct quiet quiet = { 0 };
	int code;

	code = cli_parse(argc, argv, &syntax, &name);
	if (code != CLI_PARSED)
		return code;
	quiet.seconds = (uint32_t)seconds.value;
	quiet.turns = turns.value;
	quiet.directory = directory;
	code = name ? add_core(&quiet, name, (uint32_t)core.value) : CLI_OK;
	if (!code)
		code = add_cpu(&quiet, QUIET_LINUX, "--cpu", &cpu);
	if (!code)
		code = add_cpu(&quiet, QUIET_ISOLATED, "--isolated", &isolated);
	if (!code)
		code = run(&quiet, csv, svg, json);
	for (unsigned int i = 0; i < quiet.row_count; i++)
		free(quiet.rows[i].ticks);
	return code;
}
