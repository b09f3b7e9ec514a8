// SPDX-License-Identifier: GPL-2.0-only
/* Which core, for verbs about programs. */
#include <inttypes.h>

#include "cli.h"

int cli_core(const struct remora_report *report, uint64_t core)
{
	if (report->status.state == REMORA_OFFLINE)
		return cli_fail(CLI_DEAD, "'%s' does not run; 'remora start %s' boots it "
				"(PARTITION_DEAD, EHOSTDOWN)", report->status.name, report->status.name);
	if (!core)
		return CLI_OK;
	for (uint32_t i = 0; i < report->status.core_count; i++)
		if (report->cores[i].node == core)
			return CLI_OK;
	return cli_fail(CLI_FAILED, "'%s' has no core %" PRIu64 ", it has %u of them; "
			"'remora status %s' lists them (CORE_UNKNOWN, ECHRNG)", report->status.name,
			core, report->status.core_count, report->status.name);
}
