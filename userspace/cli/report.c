// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors, exit codes and output.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "cli.h"

static void say(const char *format, va_list args)
{
	fprintf(stderr, "remora: ");
	if (*cli_verb_name())
		fprintf(stderr, "%s: ", cli_verb_name());
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

int cli_fail(int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	return code;
}

void cli_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

int cli_usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	fprintf(stderr, "remora: 'remora %s --help' shows the options\n", cli_verb_name());
	return CLI_USAGE;
}

const char *cli_errno_name(int err)
{
	static char unknown[24];
	const char *name = strerrorname_np(err < 0 ? -err : err);

	if (name)
		return name;
	snprintf(unknown, sizeof(unknown), "errno %d", err < 0 ? -err : err);
	return unknown;
}

static int code_of_reason(uint32_t reason)
{
	switch (reason) {
	case REMORA_R_NAME_UNKNOWN:
		return CLI_NO_SUCH;
	case REMORA_R_PERMISSION:
	case REMORA_R_FAULTS_FORBIDDEN:
		return CLI_PERMISSION;
	case REMORA_R_PARTITION_DEAD:
	case REMORA_R_CORE_DEAD:
		return CLI_DEAD;
	case REMORA_R_CORE_NO_START:
	case REMORA_R_CORE_NO_ANSWER:
	case REMORA_R_CORE_UNSTOPPABLE:
		return CLI_TIMEOUT;
	default:
		return CLI_FAILED;
	}
}

static int code_of_errno(int err)
{
	switch (-err) {
	case EPERM:
	case EACCES:
		return CLI_PERMISSION;
	case ETIMEDOUT:
		return CLI_TIMEOUT;
	case EHOSTDOWN:
		return CLI_DEAD;
	case ENODEV:
		return CLI_NO_SUCH; /* destroyed while we had it open */
	default:
		return CLI_FAILED;
	}
}

int cli_errno(int err, const struct remora_error *error, const char *what)
{
	const char *name = error && error->reason ? remora_reason_name(error->reason) : NULL;

	if (error && error->reason && error->message[0])
		return cli_fail(code_of_reason(error->reason), "%s (%s, %s)", error->message,
				name ? name : "a reason newer than this command",
				cli_errno_name(err));
	if (name)
		return cli_fail(code_of_reason(error->reason), "%s (%s, %s)",
				remora_reason_text(error->reason), name, cli_errno_name(err));
	if (error && error->message[0])
		return cli_fail(code_of_errno(err), "%s", error->message);
	if (err == -ENOTTY)
		return cli_fail(CLI_FAILED, "%s: the loaded module does not know this call; it and "
				"this command are of different versions (ENOTTY)", what);
	return cli_fail(code_of_errno(err), "%s: %s (%s)", what, strerror(-err),
			cli_errno_name(err));
}

void cli_print_clean(FILE *file, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c >= ' ' && c <= '~') || c == '\t')
			fputc(c, file);
		else
			fprintf(file, "\\x%02x", c);
	}
}

int cli_close_output(int code)
{
	if (!fflush(stdout) && !ferror(stdout))
		return code;
	if (errno == EPIPE)
		return code;
	fprintf(stderr, "remora: cannot write the output: %s\n", strerror(errno));
	return CLI_FAILED;
}
