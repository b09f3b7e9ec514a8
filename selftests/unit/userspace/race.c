// SPDX-License-Identifier: GPL-2.0-only
/*
 * The race of remora bench shootdown: subtraction, quantiles, tables and files of rows that are made
 * up, and the calls of Linux that are measured.
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli.h"
#include "race.h"

const char *cli_verb_name(void)
{
	return "test";
}

static void add(struct race *race, const struct race_row *words, uint64_t median)
{
	struct race_row *row = race_add(race, words);

	assert_non_null(row);
	row->times = (struct stats){ 10, median - 1, median, median + 1, median + 2 };
}

static void add_call(struct race *race, const char *call, uint32_t others, uint32_t pages,
		     uint64_t median)
{
	struct race_row words = { .call = call, .others = others, .pages = pages };

	add(race, &words, median);
}

static void add_message(struct race *race, uint32_t protocol, uint32_t others, uint32_t pages,
			uint64_t median)
{
	struct race_row words = {
		.protocol = protocol,
		.method = REMORA_SHOOTDOWN_BY_PAGE,
		.others = others,
		.pages = pages,
	};

	add(race, &words, median);
}

/* Two others at most, one page; munmap alone is missing, unicast is fastest. */
static struct race sample_race(void)
{
	struct race race = {
		.cpus = { 4, 5 },
		.cpu_count = 2,
		.counts = { 1, 2 },
		.count_count = 2,
		.pages = { 1 },
		.page_count = 1,
		.protocols = 0x1e,
		.samples = 10,
		.tsc_khz = 2000000,
		.linux_done = true,
		.messages_done = true,
	};

	add_call(&race, "mprotect", 0, 1, 1000);
	add_call(&race, "mprotect", 1, 1, 5000);
	add_call(&race, "mprotect", 2, 1, 9000);
	add_call(&race, "munmap", 1, 1, 5000);
	add_call(&race, "membarrier", 0, 0, 300);
	add_call(&race, "membarrier", 2, 0, 200);
	add_message(&race, REMORA_SHOOTDOWN_BROADCAST, 1, 1, 3000);
	add_message(&race, REMORA_SHOOTDOWN_UNICAST, 1, 1, 1000);
	add_message(&race, REMORA_SHOOTDOWN_UNICAST, 2, 1, 2000);
	return race;
}

static void test_part(void **state)
{
	struct race race = sample_race();
	int64_t part = 0;

	(void)state;
	assert_true(race_part(&race, "mprotect", 1, 1, &part));
	assert_int_equal(part, 4000);
	assert_true(race_part(&race, "mprotect", 2, 1, &part));
	assert_int_equal(part, 8000);
	/* Noise may make it negative, and the number of pages means nothing to membarrier. */
	assert_true(race_part(&race, "membarrier", 2, 1, &part));
	assert_int_equal(part, -100);
	assert_false(race_part(&race, "munmap", 1, 1, &part));
	assert_false(race_part(&race, "mprotect", 1, 32, &part));
	assert_false(race_part(&race, "mprotect", 3, 1, &part));
	race.rows[0].times.count = 0;
	assert_false(race_part(&race, "mprotect", 1, 1, &part));
	free(race.rows);
}

static void test_best(void **state)
{
	struct race race = sample_race();

	(void)state;
	assert_int_equal(race_best(&race, 1, 1)->protocol, REMORA_SHOOTDOWN_UNICAST);
	assert_int_equal(race_best(&race, 2, 1)->times.median, 2000);
	assert_null(race_best(&race, 1, 32));
	assert_null(race_best(&race, 3, 1));
	free(race.rows);
}

static void test_merge(void **state)
{
	const struct stats parts[RACE_ROUNDS] = {
		{ 3, 5, 50, 90, 100 }, { 3, 4, 10, 91, 92 }, { 0, 0, 0, 0, 0 },
		{ 4, 9, 30, 80, 700 }, { 0, 1, 2, 3, 4 },
	};
	struct stats all = race_merge(parts, RACE_ROUNDS), none = race_merge(parts + 2, 1);

	(void)state;
	assert_int_equal(all.count, 10);
	assert_int_equal(all.min, 4);
	assert_int_equal(all.median, 30);
	assert_int_equal(all.p99, 91);
	assert_int_equal(all.max, 700);
	assert_int_equal(none.count, 0);
	assert_int_equal(none.min, 0);
}

static void test_counts(void **state)
{
	static const uint32_t seven[] = { 1, 2, 4, 7 }, eight[] = { 1, 2, 4, 8 };
	uint32_t counts[REMORA_CPUS_MAX];

	(void)state;
	assert_int_equal(race_default_counts(1, counts), 1);
	assert_int_equal(counts[0], 1);
	assert_int_equal(race_default_counts(7, counts), 4);
	assert_memory_equal(counts, seven, sizeof(seven));
	assert_int_equal(race_default_counts(8, counts), 4);
	assert_memory_equal(counts, eight, sizeof(eight));
	assert_int_equal(race_default_counts(REMORA_CPUS_MAX, counts), 7);
	assert_int_equal(counts[6], REMORA_CPUS_MAX);
}

static void test_words(void **state)
{
	const char *bad = NULL;
	uint32_t mask;

	(void)state;
	assert_true(race_parse_words("unicast", race_protocol_name, &mask, &bad));
	assert_int_equal(mask, 1u << REMORA_SHOOTDOWN_UNICAST);
	assert_true(race_parse_words("numa,broadcast,numa", race_protocol_name, &mask, &bad));
	assert_int_equal(mask, 1u << REMORA_SHOOTDOWN_BROADCAST |
				       1u << REMORA_SHOOTDOWN_NUMA_MULTICAST);
	assert_true(race_parse_words("none", race_method_name, &mask, &bad));
	assert_int_equal(mask, 1);
	assert_false(race_parse_words("unicas", race_protocol_name, &mask, &bad));
	assert_false(race_parse_words("unicasts", race_protocol_name, &mask, &bad));
	assert_false(race_parse_words("", race_protocol_name, &mask, &bad));
	assert_false(race_parse_words("numa,,unicast", race_protocol_name, &mask, &bad));
	assert_string_equal(bad, ",unicast");
	/* Every protocol and method of the module has a name here. */
#define CHECK_PROTOCOL(name, number, text) assert_non_null(race_protocol_name(number));
#define CHECK_METHOD(name, number, text) assert_non_null(race_method_name(number));
	REMORA_SHOOTDOWN_PROTOCOLS(CHECK_PROTOCOL)
	REMORA_SHOOTDOWN_METHODS(CHECK_METHOD)
	assert_null(race_protocol_name(0));
}

/* What @write makes of the race; to be freed. */
static char *text_of(const struct race *race, void (*write)(const struct race *race, FILE *file))
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	write(race, file);
	fclose(file);
	return text;
}

static void test_table(void **state)
{
	struct race race = sample_race();
	char *text;

	(void)state;
	text = text_of(&race, race_table);
	assert_non_null(strstr(text, "\nalone         1000           -           -         300 |"));
	assert_non_null(strstr(text, "\n1             4000           -           -           - |"
				     "        3000        1000           -           - |"
				     "        0.25\n"));
	assert_non_null(strstr(text, "\n2             8000           -           -        -100 |"
				     "           -        2000           -           - |"
				     "        0.25\n"));
	assert_non_null(strstr(text, "\nLinux     page 1    unicast          1000        2000\n"));
	assert_non_null(strstr(text, "others: CPUs 4-5"));
	assert_null(strstr(text, "emulated"));
	assert_null(strstr(text, "INVLPGB"));
	free(text);
	race.machine.emulated = race.machine.invlpgb = true;
	strcpy(race.flush_why, "because");
	text = text_of(&race, race_table);
	assert_non_null(strstr(text, "(emulated)"));
	assert_null(strstr(text, "measured)"));
	assert_non_null(strstr(text, "INVLPGB"));
	assert_non_null(strstr(text, "tlb:tlb_flush not counted: because"));
	free(text);
	free(race.rows);
}

static unsigned int commas(const char *line)
{
	unsigned int count = 0;

	for (; *line && *line != '\n'; line++)
		count += *line == ',';
	return count;
}

static void test_csv(void **state)
{
	struct race race = sample_race();
	unsigned int rows = 0, columns = 0;
	char *text, *line, *rest;

	(void)state;
	race.rows[1].flushes = 11;
	text = text_of(&race, race_csv);
	assert_non_null(strstr(text, "\nlinux,mprotect,,0,1,1,10,4999,5000,5001,5002,2500,4000,2000,"
				     "0,0,11,,,,measured,\"\"\n"));
	assert_non_null(strstr(text, "\nlinux,membarrier,,0,2,0,10,199,200,201,202,100,-100,-50,"));
	assert_non_null(strstr(text, "\nmessages,unicast,page,0,2,1,10,1999,2000,2001,2002,1000,,,"
				     "0,0,,,,0,measured,\"\"\n"));
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (*line == '#')
			continue;
		if (!columns)
			columns = commas(line);
		assert_int_equal(commas(line), columns);
		rows++;
	}
	assert_int_equal(rows, race.row_count + 1);
	free(text);
	free(race.rows);
}

static void write_plot(const struct race *race, FILE *file)
{
	race_gnuplot(race, file, "a'b.svg");
}

static void test_plot(void **state)
{
	struct race race = sample_race();
	char *text;

	(void)state;
	strcpy(race.machine.cpu, "Bob's CPU");
	text = text_of(&race, write_plot);
	assert_non_null(strstr(text, "set output 'a''b.svg'\n"));
	assert_non_null(strstr(text, "Bob''s CPU"));
	assert_non_null(strstr(text, "\n1 4000 NaN NaN NaN 3000 1000 NaN NaN\n"));
	assert_non_null(strstr(text, "using 1:2 with linespoints lw 2 dt 2 title \"Linux mprotect\""));
	assert_non_null(strstr(text, "using 1:7 with linespoints lw 2 title \"messages, unicast\""));
	free(text);
	race.linux_done = false;
	text = text_of(&race, write_plot);
	assert_null(strstr(text, "Linux mprotect"));
	free(text);
	free(race.rows);
}

/* Columns are the CPUs online, and a line may be cut short. */
static void test_interrupts(void **state)
{
	static const char head[] = "           CPU0       CPU2       CPU10\n";
	static const char line[] = " TLB:        100         20          3   TLB shootdowns\n";
	static const unsigned int two[] = { 2 }, ten[] = { 10, 0 }, none[] = { 1 };

	(void)state;
	assert_int_equal(shoot_ipis_of(head, line, two, 1), 20);
	assert_int_equal(shoot_ipis_of(head, line, ten, 2), 103);
	assert_int_equal(shoot_ipis_of(head, line, none, 1), 0);
	assert_int_equal(shoot_ipis_of(head, " TLB: 7\n", ten, 2), 7);
	assert_int_equal(shoot_ipis_of(head, " TLB\n", ten, 2), 0);
}

static void test_area(void **state)
{
	struct shoot_area area;

	(void)state;
	assert_int_equal(shoot_area_open(&area, 0), -EINVAL);
	assert_int_equal(shoot_area_open(&area, SHOOT_PAGES_MAX + 1), -EINVAL);
	for (unsigned int pages = 1; pages <= SHOOT_PAGES_MAX; pages *= 8) {
		assert_int_equal(shoot_area_open(&area, pages), 0);
		assert_int_equal(area.bytes, 4096 * pages);
		assert_int_equal(shoot_membarrier_register(), 0);
		for (const struct shoot_call *call = shoot_calls; call->name; call++) {
			assert_int_equal(call->prepare(&area), 0);
			area.start[area.bytes - 1] = 'x';
			assert_int_equal(call->act(&area), 0);
			assert_int_equal(call->prepare(&area), 0);
			/* What is discarded reads as zero: the call did what it is there for. */
			if (!strcmp(call->name, "munmap") || !strcmp(call->name, "madvise"))
				assert_int_equal(area.start[area.bytes - 1], 0);
			area.start[0] = 'y';
		}
		shoot_area_close(&area);
	}
}

/* Alone: nobody to wait for. On a CPU that is not there: no team. */
static void test_team(void **state)
{
	static const unsigned int nowhere[] = { 8000 };
	unsigned int cpu = (unsigned int)sched_getcpu();
	uint64_t cycles[20] = { 0 };
	struct shoot_run run = {
		.call = &shoot_calls[0],
		.pages = 2,
		.cpu = cpu,
		.warm_up = 3,
		.count = 20,
		.cycles = cycles,
	};
	struct shoot_team *team;

	(void)state;
	assert_int_not_equal(shoot_team_open(&team, nowhere, 1), 0);
	assert_int_equal(shoot_team_open(&team, nowhere, 64), -EINVAL);
	assert_int_equal(shoot_team_open(&team, nowhere, 0), 0);
	assert_int_equal(shoot_team_run(team, &run), 0);
	for (unsigned int i = 0; i < 20; i++)
		assert_true(cycles[i] > 0);
	run.pages = 0;
	assert_int_equal(shoot_team_run(team, &run), -EINVAL);
	shoot_team_close(team);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_part),       cmocka_unit_test(test_best),
		cmocka_unit_test(test_merge),      cmocka_unit_test(test_counts),
		cmocka_unit_test(test_words),      cmocka_unit_test(test_table),
		cmocka_unit_test(test_csv),        cmocka_unit_test(test_plot),
		cmocka_unit_test(test_interrupts), cmocka_unit_test(test_area),
		cmocka_unit_test(test_team),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
