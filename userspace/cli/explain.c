// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora explain
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "advice.h"
#include "cli.h"

#define ERRNO_MAX 4095
#define WIDTH 78

/* Print @text in lines of at most WIDTH characters, each led by two blanks. */
static void fill(const char *text)
{
	while (*text) {
		size_t length = strlen(text), cut = WIDTH;

		if (length <= WIDTH) {
			printf("  %s\n", text);
			return;
		}
		while (cut && text[cut] != ' ')
			cut--;
		cut = cut ? cut : WIDTH;
		printf("  %.*s\n", (int)cut, text);
		text += cut + (text[cut] == ' ');
	}
}

static void explain_reason(uint32_t reason)
{
	int err = remora_reason_errno(reason);

	printf("%s (reason %u, %s)\n", remora_reason_name(reason), reason,
	       err ? cli_errno_name(err) : "no error");
	fill(remora_reason_text(reason));
	if (advice_reason(reason))
		fill(advice_reason(reason));
}

static void explain_errno(int err)
{
	printf("%s (errno %d): %s\n", cli_errno_name(err), err, strerror(err));
	if (advice_errno(err))
		fill(advice_errno(err));
	for (uint32_t reason = 1; remora_reason_name(reason); reason++)
		if (remora_reason_errno(reason) == err)
			printf("  %-22s %s\n", remora_reason_name(reason),
			       remora_reason_text(reason));
}

static int list(void)
{
	for (uint32_t reason = 0; remora_reason_name(reason); reason++) {
		int err = remora_reason_errno(reason);

		printf("%2u %-22s %-12s %s\n", reason, remora_reason_name(reason),
		       err ? cli_errno_name(err) : "-", remora_reason_text(reason));
	}
	return CLI_OK;
}

static int by_number(unsigned long number)
{
	if (number <= UINT32_MAX && remora_reason_name((uint32_t)number)) {
		explain_reason((uint32_t)number);
		return CLI_OK;
	}
	return cli_fail(CLI_USAGE, "there is no reason of number %lu", number);
}

static int by_word(const char *word)
{
	for (uint32_t reason = 0; remora_reason_name(reason); reason++) {
		if (strcasecmp(word, remora_reason_name(reason)))
			continue;
		explain_reason(reason);
		return CLI_OK;
	}
	for (int err = 1; err <= ERRNO_MAX; err++) {
		if (!strerrorname_np(err) || strcasecmp(word, strerrorname_np(err)))
			continue;
		explain_errno(err);
		return CLI_OK;
	}
	return cli_fail(CLI_USAGE, "'%s' is neither a reason nor an errno name; 'remora explain' "
			"alone lists the reasons", word);
}

int cli_explain(int argc, char **argv)
{
	const struct cli_syntax syntax = {
		"explain [ERROR]",
		"Explains an error: its cause, and what to do. ERROR is a reason's name or number\n"
		"as shown in brackets behind an error message, or the name of an errno value.\n"
		"Without ERROR all reasons are listed.",
		NULL, 0, 1,
	};
	const char *word;
	unsigned long number;
	char *end;
	int code;

	code = cli_parse(argc, argv, &syntax, &word);
	if (code != CLI_PARSED)
		return code;
	if (!word)
		return list();
	number = strtoul(word, &end, 10);
	if (*word >= '0' && *word <= '9' && !*end)
		return by_number(number);
	return by_word(word);
}
