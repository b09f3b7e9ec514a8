// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora wait
 */
#include <string.h>

#include "cli.h"

static int parse_states(const char *list, uint32_t *states)
{
	*states = 0;
	while (*list) {
		size_t length = strcspn(list, ",");
		uint32_t s;

		for (s = 0; remora_state_name(s); s++)
			if (strlen(remora_state_name(s)) == length &&
			    !memcmp(remora_state_name(s), list, length))
				break;
		if (!remora_state_name(s))
			return cli_usage("--state: '%.*s' is no state; offline, booting, running, "
					 "stopping or crashed was expected", (int)length, list);
		*states |= 1u << s;
		list += length;
		list += *list == ',';
	}
	return *states ? CLI_OK : cli_usage("--state: a state was expected");
}

int cli_wait(int argc, char **argv)
{
	struct cli_number timeout = { .min = 0, .max = 1000000 };
	const char *list = NULL;
	const struct cli_option options[] = {
		{ "state", 's', "LIST", "states to wait for, separated by commas", NULL, &list,
		  NULL },
		{ "timeout", 't', "S", "give up after this many seconds; no limit if not given",
		  NULL, NULL, &timeout },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"wait NAME --state LIST [--timeout S]",
		"Waits until a partition is in one of some states, and prints which.\n"
		"States: offline, booting, running, stopping, crashed.",
		options, 1, 1,
	};
	struct remora_partition *partition;
	const char *name;
	uint32_t states;
	int code, state;

	code = cli_parse(argc, argv, &syntax, &name);
	if (code != CLI_PARSED)
		return code;
	if (!list)
		return cli_usage("--state is missing");
	code = parse_states(list, &states);
	if (code)
		return code;
	code = cli_open_partition(&partition, name, false);
	if (code)
		return code;
	state = remora_partition_wait(partition, states,
				      timeout.given ? (int)timeout.value * 1000 : -1);
	remora_partition_close(partition);
	if (state < 0)
		return cli_errno(state, NULL, "waiting");
	puts(remora_state_name((uint32_t)state));
	return CLI_OK;
}
