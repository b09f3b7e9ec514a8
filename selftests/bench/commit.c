// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fig 8 of the multikernel paper, natively: what agreeing on a retype costs, one at a time and with many
 * under way, between threads that stand for nodes. The machine and the transport are the ones of the
 * partition; capabilities are left out.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <x86intrin.h>

#include <urpc/barrier.h>

#include "work.h"

#define WARM_UP 500u
#define DEPTHS 6u
#define RUNS_MAX 99u

static const uint32_t depths[DEPTHS] = { 1, 2, 4, 8, 16, AGREE_OPS_MAX };
static const char usage[] =
	"usage: bench-commit [OPTION...]\n"
	"  --nodes N     up to so many nodes, a CPU each (default: all CPUs that may be used, 16 at most)\n"
	"  --runs N      values for each figure, 5 to 99 (default 9); the medians are reported\n"
	"  --ops N       agreements a value, 100 to 1000000 (default 5000)\n"
	"  --csv FILE    the figures, a line each\n"
	"  --work        instead: cycles of the nodes' own work, without a second CPU\n"
	"Figures are TSC cycles of one agreement: alone (median of each), and in the mean with 2 to 32\n"
	"under way. The first node asks, all others vote.\n";

struct settings {
	uint32_t nodes, runs, ops;
	const char *csv;
	bool work;
	int cpu[NODES_MAX];
};

struct round {
	const struct settings *settings;
	struct node *nodes;
	uint32_t count, depth;
	uint32_t ready __attribute__((aligned(256)));
	uint32_t spoilt; /* a thread could not be bound */
	uint32_t over;
	double cycles;
};

struct worker {
	pthread_t id;
	struct round *round;
	uint32_t number;
};

static double values[NODES_MAX + 1][DEPTHS][RUNS_MAX];

static uint64_t cycles_now(void)
{
	unsigned int cpu;

	return __rdtscp(&cpu);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, uint32_t n)
{
	qsort(v, n, sizeof(*v), compare);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* ---- one round ---- */

static void until(struct node *n, uint64_t ended)
{
	while (n->ended < ended && !n->wrong)
		node_turn(n);
}

static void begin_one(struct node *n, uint32_t object)
{
	if (node_retype(n, object))
		n->wrong = "the machine refused an agreement";
}

static double alone(struct node *n, uint32_t ops)
{
	double *each = calloc(ops, sizeof(*each)), result = 0;

	for (uint32_t i = 0; each && i < WARM_UP + ops && !n->wrong; i++) {
		uint64_t start = cycles_now();

		begin_one(n, i % AGREE_OPS_MAX);
		until(n, i + 1);
		if (i >= WARM_UP)
			each[i - WARM_UP] = (double)(cycles_now() - start);
	}
	if (each)
		result = median(each, ops);
	else
		n->wrong = "no memory";
	free(each);
	return result;
}

/* @depth of them under way all the time, on objects of their own. */
static double pipelined(struct node *n, uint32_t ops, uint32_t depth)
{
	uint64_t begun = 0, start = 0, first = 0;

	while (n->ended < WARM_UP + ops && !n->wrong) {
		while (begun < n->ended + depth && begun < WARM_UP + ops && !n->wrong)
			begin_one(n, (uint32_t)(begun++ % (2 * AGREE_OPS_MAX)));
		node_turn(n);
		if (!start && n->ended >= WARM_UP) {
			start = cycles_now();
			first = n->ended;
		}
	}
	return (double)(cycles_now() - start) / (double)(WARM_UP + ops - first);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct round *r = w->round;
	struct node *n = &r->nodes[w->number];
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(r->settings->cpu[w->number], &set);
	if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set))
		urpc_store_release(&r->spoilt, 1);
	__atomic_fetch_add(&r->ready, 1, __ATOMIC_SEQ_CST);
	while (urpc_load_acquire(&r->ready) < r->count)
		urpc_pause();
	if (urpc_load_acquire(&r->spoilt))
		return NULL;
	if (!w->number) {
		r->cycles = r->depth == 1 ? alone(n, r->settings->ops) :
					    pipelined(n, r->settings->ops, r->depth);
		urpc_store_release(&r->over, 1);
		return NULL;
	}
	while (!urpc_load_acquire(&r->over)) {
		node_turn(n);
		urpc_pause();
	}
	return NULL;
}

/* Was it an agreement of all, each time, and is nothing left? */
static const char *judge(const struct round *r)
{
	const uint64_t ops = WARM_UP + r->settings->ops;

	if (r->spoilt)
		return "a thread could not be bound to its CPU";
	for (uint32_t i = 0; i < r->count; i++) {
		const struct node *n = &r->nodes[i];
		const char *wrong = n->wrong ? n->wrong : agree_check(&n->agree);

		if (wrong)
			return wrong;
		if (i ? n->votes != ops : n->good != ops)
			return "not every node was asked each time, or not all agreed";
	}
	return agree_quiet(&r->nodes[0].agree) ? NULL : "something is still under way";
}

static bool run(const struct settings *s, uint32_t count, uint32_t depth, double *cycles)
{
	struct round r = { .settings = s, .count = count, .depth = depth };
	struct worker worker[NODES_MAX];
	const char *wrong = NULL;
	uint32_t started = 0;

	r.nodes = nodes_open(count, ROUTE_NUMA);
	for (; r.nodes && started < count; started++) {
		worker[started].round = &r;
		worker[started].number = started;
		if (pthread_create(&worker[started].id, NULL, work, &worker[started]))
			break;
	}
	if (started < count) { /* let those that wait go */
		wrong = "no memory, or no more threads";
		urpc_store_release(&r.spoilt, 1);
		__atomic_fetch_add(&r.ready, count - started, __ATOMIC_SEQ_CST);
	}
	while (started)
		pthread_join(worker[--started].id, NULL);
	if (!wrong)
		wrong = judge(&r);
	if (wrong)
		fprintf(stderr, "bench-commit: %u nodes, %u under way: %s\n", count, depth, wrong);
	if (r.nodes)
		nodes_close(r.nodes, count);
	*cycles = r.cycles;
	return !wrong;
}

/* ---- the whole ---- */

static bool number(const char *name, const char *text, uint32_t least, uint32_t most, uint32_t *to)
{
	char rest;

	if (sscanf(text, "%u%c", to, &rest) == 1 && *to >= least && *to <= most)
		return true;
	fprintf(stderr, "bench-commit: --%s %s: expected %u to %u\n", name, text, least, most);
	return false;
}

static bool parse(int argc, char **argv, struct settings *s)
{
	static const struct option table[] = {
		{ "nodes", required_argument, NULL, 'n' }, { "runs", required_argument, NULL, 'r' },
		{ "ops", required_argument, NULL, 'o' },   { "csv", required_argument, NULL, 'c' },
		{ "work", no_argument, NULL, 'w' },	   { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	bool good = true;
	int opt;

	while (good && (opt = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (opt == 'n')
			good = number("nodes", optarg, 2, s->nodes, &s->nodes);
		else if (opt == 'r')
			good = number("runs", optarg, 5, RUNS_MAX, &s->runs);
		else if (opt == 'o')
			good = number("ops", optarg, 100, 1000000, &s->ops);
		else if (opt == 'c')
			s->csv = optarg;
		else if (opt == 'w')
			s->work = true;
		else {
			fputs(usage, opt == 'h' ? stdout : stderr);
			exit(opt == 'h' ? 0 : 2);
		}
	}
	if (good && optind < argc)
		fprintf(stderr, "bench-commit: '%s' is not an option\n", argv[optind]);
	return good && optind == argc;
}

static void describe(FILE *to, const struct settings *s)
{
	char line[256] = "", model[256] = "unknown";
	FILE *f = fopen("/proc/cpuinfo", "r");
	struct utsname u;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "model name : %255[^\n]", model) == 1)
			break;
	}
	if (f)
		fclose(f);
	uname(&u);
	fprintf(to, "# processor: %s\n# kernel: %s %s\n", model, u.sysname, u.release);
	fprintf(to, "# agreements on a retype, measured natively between threads, machine and transport alone\n"
		    "# TSC cycles of one: median of %u runs of %u; the first node asks, the others vote\n",
		s->runs, s->ops);
}

static int report(const struct settings *s)
{
	FILE *csv = s->csv ? fopen(s->csv, "w") : NULL;

	if (s->csv && !csv) {
		perror(s->csv);
		return 1;
	}
	describe(stdout, s);
	printf("nodes   alone  under way: 2        4        8       16       32   alone/32\n");
	if (csv) {
		describe(csv, s);
		fprintf(csv, "kind,nodes,under_way,cycles,min,max\n");
	}
	for (uint32_t n = 2; n <= s->nodes; n++) {
		double first = median(values[n][0], s->runs), last = 0;

		printf("%5u %7.0f   ", n, first);
		for (uint32_t d = 0; d < DEPTHS; d++) {
			last = median(values[n][d], s->runs);
			if (d)
				printf(" %8.0f", last);
			if (csv)
				fprintf(csv, "native,%u,%u,%.1f,%.1f,%.1f\n", n, depths[d], last,
					values[n][d][0], values[n][d][s->runs - 1]);
		}
		printf(" %10.2f\n", first / last);
	}
	return csv && fclose(csv) ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct settings s = { .runs = 9, .ops = 5000 };
	cpu_set_t set;

	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof(set), &set);
	for (int i = 0; i < CPU_SETSIZE && s.nodes < NODES_MAX; i++) {
		if (CPU_ISSET(i, &set))
			s.cpu[s.nodes++] = i;
	}
	if (s.nodes < 2) {
		fprintf(stderr, "bench-commit: two CPUs are needed, this process may use %u\n", s.nodes);
		return 1;
	}
	if (!parse(argc, argv, &s))
		return 2;
	if (s.work)
		return work_report();
	for (uint32_t i = 0; i < s.runs; i++) {
		for (uint32_t n = 2; n <= s.nodes; n++) {
			for (uint32_t d = 0; d < DEPTHS; d++) {
				if (!run(&s, n, depths[d], &values[n][d][i]))
					return 1;
			}
		}
	}
	return report(&s);
}
