// SPDX-License-Identifier: GPL-2.0-only
/* Which core, for verbs about programs. */
#include <inttypes.h>

#include "cli.h"

int cli_core(const struct remora_report *report, uint64_t core)
{
	uint32_t cores = report->status.core_count;

	if (report->status.state == REMORA_OFFLINE)
		return cli_fail(CLI_DEAD, "'%s' does not run; 'remora start %s' boots it "
				"(PARTITION_DEAD, EHOSTDOWN)", report->status.name, report->status.name);
	if (core && core > cores)
		return cli_fail(CLI_FAILED, "'%s' has no core %" PRIu64 ", its cores are 1 to %u "
				"(CORE_UNKNOWN, ECHRNG)", report->status.name, core, cores);
	return CLI_OK;
}
