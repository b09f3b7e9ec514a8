// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora ping
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "figures.h"

/* Round trips before the first sample: page faults, caches, the peer's frequency. */
#define WARM_UP 16

struct mode {
	const char *name; /* in the table */
	const char *group; /* word of --mode that selects it */
	uint32_t bind;
	uint64_t poll_cycles;
};

static const struct mode modes[] = {
	{ "mapped polled", "polled", REMORA_BIND_MAPPED, UINT64_MAX },
	{ "mapped blocking", "blocking", REMORA_BIND_MAPPED, 0 },
	{ "rw polled", "rw", 0, UINT64_MAX },
	{ "rw blocking", "rw", 0, 0 },
};

#define MODES (sizeof(modes) / sizeof(modes[0]))

struct ping {
	const char *name;
	const char *mode;
	struct cli_number core, count, from, to, timeout;
	bool json;
	struct remora_partition *partition;
	struct remora_report *report;
	struct figures figures;
	uint64_t *samples;
};

/* One round trip; what comes back must be what was sent. Return: cycles in *@taken. */
static int round_trip(struct remora_chan *chan, uint64_t number, int timeout_ms, uint64_t *taken)
{
	uint64_t payload[7] = { number, ~number, 3, 4, 5, 6, 7 };
	uint16_t type = (uint16_t)(number & 0x7fff);
	struct remora_message answer;
	uint64_t start;
	int err;

	start = machine_tsc();
	err = remora_chan_send(chan, type, payload, sizeof(payload), timeout_ms);
	if (!err)
		err = remora_chan_recv(chan, &answer, timeout_ms);
	*taken = machine_tsc() - start;
	if (err)
		return err;
	if (answer.type != type || answer.length != sizeof(payload) ||
	    memcmp(answer.payload, payload, sizeof(payload)))
		return -EBADMSG;
	return 0;
}

static int measure(struct ping *p, const struct mode *mode, uint32_t node)
{
	struct remora_error error = { 0 };
	struct remora_chan *chan;
	struct stats stats;
	char who[24];
	int err;

	err = remora_chan_bind(&chan, p->partition, node, REMORA_SERVICE_ECHO, 0, mode->bind,
			       &error);
	if (err)
		return cli_errno(err, &error, "binding to the echo service");
	remora_chan_set_polling(chan, mode->poll_cycles);
	for (uint64_t i = 0; !err && i < WARM_UP + p->count.value; i++)
		err = round_trip(chan, i, (int)p->timeout.value,
				 &p->samples[i < WARM_UP ? 0 : i - WARM_UP]);
	remora_chan_close(chan);
	if (err == -EBADMSG)
		return cli_fail(CLI_FAILED, "core %u sent back another message than it got", node);
	if (err == -ETIMEDOUT)
		return cli_fail(CLI_TIMEOUT, "core %u did not answer within %" PRIu64 " ms (%s)",
				node, p->timeout.value, mode->name);
	if (err == -EHOSTDOWN)
		return cli_fail(CLI_DEAD, "core %u is dead (%s)", node, mode->name);
	if (err)
		return cli_errno(err, NULL, mode->name);
	stats = stats_of(p->samples, p->count.value);
	snprintf(who, sizeof(who), "linux-%u", node);
	figures_row(&p->figures, who, mode->name, &stats);
	return CLI_OK;
}

static int ping_linux(struct ping *p)
{
	int code = CLI_OK;

	p->samples = calloc(p->count.value, sizeof(*p->samples));
	if (!p->samples)
		return cli_fail(CLI_FAILED, "no memory for %" PRIu64 " samples", p->count.value);
	for (uint32_t i = 0; i < p->report->status.core_count; i++) {
		uint32_t node = p->report->cores[i].node;
		int one = CLI_OK;

		if (p->core.given && p->core.value != node)
			continue;
		for (size_t m = 0; !one && m < MODES; m++)
			if (!strcmp(p->mode, "all") || !strcmp(p->mode, modes[m].group))
				one = measure(p, &modes[m], node);
		code = code ? code : one;
	}
	free(p->samples);
	return code;
}

static int ping_peers(struct ping *p)
{
	struct remora_peer_ping request = {
		.node = (uint32_t)p->from.value,
		.peer = (uint32_t)p->to.value,
		.count = (uint32_t)p->count.value,
	};
	struct stats stats;
	char who[24];
	int err;

	err = remora_partition_peer_ping(p->partition, &request);
	if (err)
		return cli_errno(err, &request.error, p->name);
	stats = (struct stats){ p->count.value, request.min, request.median, request.p99,
				request.max };
	snprintf(who, sizeof(who), "%u-%u", request.node, request.peer);
	figures_row(&p->figures, who, "core to core", &stats);
	return CLI_OK;
}

/* The module takes the rings away when the partition is stopped: touching them is SIGBUS. */
static void on_bus_error(int signal)
{
	static const char text[] = "remora: ping: the partition was stopped meanwhile\n";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)signal;
	(void)ignored;
	_exit(CLI_DEAD);
}

static int check_words(const struct ping *p)
{
	bool known = !strcmp(p->mode, "all");

	for (size_t m = 0; m < MODES; m++)
		known |= !strcmp(p->mode, modes[m].group);
	if (!known)
		return cli_usage("--mode: polled, blocking, rw or all was expected, not '%s'",
				 p->mode);
	if (p->from.given != p->to.given)
		return cli_usage("--from and --to belong together");
	if (p->from.given && p->from.value == p->to.value)
		return cli_usage("--from and --to are the same core");
	if (p->from.given && p->core.given)
		return cli_usage("--core and --from exclude each other");
	return CLI_OK;
}

static int run(struct ping *p)
{
	int code = cli_core(p->report, p->core.given ? p->core.value : 0);

	if (code)
		return code;
	signal(SIGBUS, on_bus_error);
	figures_begin(&p->figures, "round trips of a message of 56 bytes",
		      p->report->status.tsc_khz, p->json);
	code = p->from.given ? ping_peers(p) : ping_linux(p);
	figures_end(&p->figures);
	return code;
}

int cli_ping(int argc, char **argv)
{
	struct ping p = {
		.mode = "all",
		.core = { .min = 1, .max = REMORA_CPUS_MAX },
		.count = { .value = 1000, .min = 1, .max = 1000000 },
		.from = { .min = 1, .max = REMORA_CPUS_MAX },
		.to = { .min = 1, .max = REMORA_CPUS_MAX },
		.timeout = { .value = 5000, .min = 1, .max = 600000 },
	};
	const struct cli_option options[] = {
		{ "core", 'c', "N", "this core only; every core if not given", NULL, NULL, &p.core },
		{ "count", 'n', "N", "samples of each line; 1000 if not given", NULL, NULL, &p.count },
		{ "mode", 'm', "MODE", "polled, blocking (mapped channel), rw (read and write), all",
		  NULL, &p.mode, NULL },
		{ "from", 0, "N", "between two cores: this one asks", NULL, NULL, &p.from },
		{ "to", 0, "N", "between two cores: this one answers", NULL, NULL, &p.to },
		{ "timeout", 't', "MS", "give up when an answer takes longer; 5000 if not given",
		  NULL, NULL, &p.timeout },
		{ "json", 'j', NULL, "JSON", &p.json, NULL, NULL },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"ping NAME [--core N] [--count N] [--mode MODE] [--from N --to N] [--json]",
		"Measures round trips of messages between Linux and the cores of a partition,\n"
		"or between two cores.",
		options, 1, 1,
	};
	int code;

	code = cli_parse(argc, argv, &syntax, &p.name);
	if (code != CLI_PARSED)
		return code;
	code = check_words(&p);
	if (code)
		return code;
	code = cli_open_partition(&p.partition, p.name, false);
	if (code)
		return code;
	code = cli_get_report(p.partition, &p.report);
	if (!code) {
		code = run(&p);
		remora_report_free(p.report);
	}
	remora_partition_close(p.partition);
	return code;
}
