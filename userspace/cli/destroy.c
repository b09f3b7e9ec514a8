// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora destroy
 */
#include "cli.h"

int cli_destroy(int argc, char **argv)
{
	bool force = false;
	const struct cli_option options[] = {
		{ "force", 'f', NULL, "even while it runs or programs have channels open", &force,
		  NULL, NULL },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"destroy NAME [--force]",
		"Gives the CPUs and the memory of a partition back to Linux.", options, 1, 1,
	};
	struct remora_error error = { 0 };
	struct remora_ctl *ctl;
	const char *name;
	int code, err;

	code = cli_parse(argc, argv, &syntax, &name);
	if (code != CLI_PARSED)
		return code;
	err = remora_name_check(name, &error);
	if (err)
		return cli_usage("%s (%s)", error.message, remora_reason_name(error.reason));
	code = cli_open_ctl(&ctl, true);
	if (code)
		return code;
	err = remora_ctl_destroy(ctl, name, force ? REMORA_FORCE : 0, &error);
	if (err)
		code = cli_errno(err, &error, name);
	remora_ctl_close(ctl);
	return code;
}
