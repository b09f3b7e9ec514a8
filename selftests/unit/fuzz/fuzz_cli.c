// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line: the parser of options with an option of every kind, and `remora explain`. The
 * input is the words, each ended by a newline. Runs with its output closed.
 */
#include "fuzz.h"
#include "cli.h"

#define WORDS_MAX 12

static const char *verb = "fuzz";

/* The command's main() has it otherwise. */
const char *cli_verb_name(void)
{
	return verb;
}

static void check_options(int argc, char **argv)
{
	bool flag = false, other = false;
	const char *text = NULL;
	struct cli_number number = { .value = 7, .min = 1, .max = 1000000 };
	const struct cli_option options[] = {
		{ "flag", 'f', NULL, "a flag", &flag, NULL, NULL },
		{ "fast", 0, NULL, "another", &other, NULL, NULL },
		{ "text", 't', "TEXT", "a text", NULL, &text, NULL },
		{ "count", 'n', "N", "a number", NULL, NULL, &number },
		{ NULL, 0, NULL, NULL, NULL, NULL, NULL },
	};
	const struct cli_syntax syntax = { "fuzz NAME [OTHER]", "Nothing.", options, 1, 2 };
	const char *positional[2];
	int code = cli_parse(argc, argv, &syntax, positional);

	MUST(code == CLI_PARSED || code == CLI_OK || code == CLI_USAGE);
	MUST(number.value >= number.min && number.value <= number.max);
	if (code != CLI_PARSED)
		return;
	MUST(positional[0]);
	MUST(!text || strlen(text) < 1 << 20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	char *text = fuzz_text(data, bytes), *again = fuzz_text(data, bytes), *rest = text, *word;
	char *argv[WORDS_MAX + 2] = { "fuzz" };
	int argc = 1, code;

	while (argc <= WORDS_MAX && (word = strsep(&rest, "\n")))
		argv[argc++] = word;
	check_options(argc, argv);
	/* getopt has put the words into another order. */
	argc = 1;
	rest = again;
	while (argc <= WORDS_MAX && (word = strsep(&rest, "\n")))
		argv[argc++] = word;
	argv[argc] = NULL;
	code = cli_explain(argc, argv);
	MUST(code == CLI_OK || code == CLI_USAGE);
	free(text);
	free(again);
	return 0;
}
