// SPDX-License-Identifier: GPL-2.0-only
/* The monitor begins once; a test begins often. */
#include "../../../partition/monitor/turn.c"

void monitor_reset(void);

void monitor_reset(void)
{
	state = NEW;
	notices.next = 1;
	programs.next = 1;
}
