// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora remove-memory
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define ANYWHERE (~0ull) /* the size alone says which one */

static int act(struct remora_partition *partition, const void *arg, struct remora_error *error)
{
	struct remora_memory_remove request = *(const struct remora_memory_remove *)arg;
	int err = remora_partition_remove_memory(partition, &request);

	*error = request.error;
	return err;
}

/* An address begins with 0x, all else is a size. */
static int parse(const char *word, struct remora_memory_remove *request)
{
	uint64_t bytes;
	char *stop;

	if (!strncmp(word, "0x", 2)) {
		errno = 0;
		request->address = strtoull(word, &stop, 16);
		return *stop || errno || request->address == ANYWHERE ? cli_usage("%s is no address", word) :
									CLI_OK;
	}
	request->address = ANYWHERE;
	if (remora_parse_size(word, &bytes, NULL) || !bytes)
		return cli_usage("%s is neither an address (0x...) nor a size", word);
	request->bytes = bytes;
	return CLI_OK;
}

int cli_remove_memory(int argc, char **argv)
{
	struct cli_number timeout = { .min = 1, .max = 60000 };
	const struct cli_option options[] = {
		{ "timeout", 't', "MS", "how long to wait for cores that borrow it; 2000 if not given", NULL,
		  NULL, &timeout },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"remove-memory NAME ADDRESS|SIZE [--timeout MS]",
		"Gives memory that was added to a partition, which may run, back to Linux: the extent\n"
		"at this address (0x..., as 'remora status' has it), or one of this size that nobody\n"
		"uses. It is zeroed first. What a program uses stays, and it says which one.",
		options, 2, 2,
	};
	struct remora_memory_remove request = { 0 };
	const char *words[2];
	int code = cli_parse(argc, argv, &syntax, words);

	if (code != CLI_PARSED)
		return code;
	code = parse(words[1], &request);
	if (code)
		return code;
	request.timeout_ms = (uint32_t)timeout.value;
	return cli_on_partition(words[0], act, &request);
}
