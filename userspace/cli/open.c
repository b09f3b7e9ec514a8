// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening the devices, with words for every way in which that fails.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define NO_MODULE "no " REMORA_CONTROL_PATH ": is the module loaded? ('modprobe remora'; "           \
		  "'remora check' tells what stands in the way)"

static bool module_is_missing(int err)
{
	return err == -ENOENT || err == -ENXIO || err == -ENODEV;
}

int cli_open_ctl(struct remora_ctl **ctl, bool write)
{
	int err = remora_ctl_open(ctl, write);

	if (!err)
		return CLI_OK;
	if (module_is_missing(err))
		return cli_fail(CLI_NO_MODULE, "%s", NO_MODULE);
	if (err == -EACCES || err == -EPERM)
		return cli_fail(CLI_PERMISSION, "no permission to open %s%s (%s)",
				REMORA_CONTROL_PATH, write ? " for writing: this needs root" : "",
				cli_errno_name(err));
	return cli_errno(err, NULL, REMORA_CONTROL_PATH);
}

int cli_open_partition(struct remora_partition **partition, const char *name, bool write)
{
	struct remora_error error;
	int err;

	err = remora_name_check(name, &error);
	if (err)
		return cli_fail(CLI_USAGE, "%s (%s, %s)", error.message,
				remora_reason_name(error.reason), cli_errno_name(err));
	err = remora_partition_open(partition, name, write);
	if (!err)
		return CLI_OK;
	if (module_is_missing(err) && access(REMORA_CONTROL_PATH, F_OK))
		return cli_fail(CLI_NO_MODULE, "%s", NO_MODULE);
	if (module_is_missing(err))
		return cli_fail(CLI_NO_SUCH,
				"there is no partition '%s'; 'remora list' shows what there is",
				name);
	if (err == -EACCES || err == -EPERM)
		return cli_fail(CLI_PERMISSION, "no permission to open %s-%s%s (%s)",
				REMORA_CONTROL_PATH, name, write ? ": this needs root" : "",
				cli_errno_name(err));
	return cli_errno(err, NULL, name);
}

int cli_on_partition(const char *name,
		     int (*act)(struct remora_partition *partition, const void *arg,
				struct remora_error *error),
		     const void *arg)
{
	struct remora_partition *partition;
	struct remora_error error;
	int code, err;

	code = cli_open_partition(&partition, name, true);
	if (code)
		return code;
	err = act(partition, arg, &error);
	if (err)
		code = cli_errno(err, &error, name);
	remora_partition_close(partition);
	return code;
}

int cli_get_report(struct remora_partition *partition, struct remora_report **report)
{
	int err = remora_partition_status(partition, report);

	return err ? cli_errno(err, NULL, "asking for the status") : CLI_OK;
}
