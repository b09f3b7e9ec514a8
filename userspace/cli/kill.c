// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora kill
 */
#include <errno.h>
#include <stdlib.h>

#include "cli.h"

static bool take_place(const char *text, uint32_t *node, uint32_t *domain)
{
	unsigned long first, second;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	first = strtoul(text, &end, 10);
	if (*end != ':' || end[1] < '0' || end[1] > '9')
		return false;
	second = strtoul(end + 1, &end, 10);
	if (*end || errno || !first || first > REMORA_CPUS_MAX || !second || second > UINT32_MAX)
		return false;
	*node = (uint32_t)first;
	*domain = (uint32_t)second;
	return true;
}

int cli_kill(int argc, char **argv)
{
	const struct cli_option options[] = { { 0 } };
	const struct cli_syntax syntax = {
		"kill PARTITION NODE:ID",
		"Ends a program, whoever started it. 'remora ps PARTITION' shows the numbers.",
		options, 2, 2,
	};
	struct remora_partition *partition;
	struct remora_report *report;
	struct remora_error error = { 0 };
	const char *words[2];
	uint32_t node, domain;
	int code, err;

	code = cli_parse(argc, argv, &syntax, words);
	if (code != CLI_PARSED)
		return code;
	if (!take_place(words[1], &node, &domain))
		return cli_usage("NODE:ID was expected, as 'remora ps' shows it, not '%s'", words[1]);
	code = cli_open_partition(&partition, words[0], false);
	if (code)
		return code;
	code = cli_get_report(partition, &report);
	if (!code) {
		code = cli_core(report, node);
		remora_report_free(report);
	}
	if (!code) {
		err = remora_program_kill(partition, node, domain, &error);
		if (err == -ENOENT && !error.message[0])
			code = cli_fail(CLI_FAILED, "there is no program %u:%u (ENOENT)", node, domain);
		else if (err == -EAGAIN)
			code = cli_fail(CLI_FAILED, "program %u:%u is still being loaded (EAGAIN)", node,
					domain);
		else if (err)
			code = cli_errno(err, &error, "asking the core");
	}
	remora_partition_close(partition);
	return code;
}
