// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long Linux's ends poll before they block: as long as a block and wake-up costs here (P = C:
 * neither what is polled in vain nor what a message waits can be more than twice the optimum, see
 * the polling model of the multikernel paper, section 5.2).
 */
#include <linux/delay.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include "partition.h"

#define MEASURES 9
#define MEASURE_DELAY_US 20
#define POLL_CYCLES_MIN 1000u /* below, polling costs no more than the decision */
#define POLL_US_MAX 200u      /* above, this task was preempted, or an emulator */

/* Time lost by sleeping for an interrupt that comes after a known delay. */
static u64 measure_block(void)
{
	u64 delay = div_u64((u64)MEASURE_DELAY_US * tsc_khz, 1000);
	u64 start = rdtsc_ordered(), spent;

	usleep_range(MEASURE_DELAY_US, MEASURE_DELAY_US);
	spent = rdtsc_ordered() - start;
	return spent > delay ? spent - delay : 0;
}

static u64 median(u64 *values, unsigned int count)
{
	unsigned int i, k;

	for (i = 1; i < count; i++)
		for (k = i; k && values[k - 1] > values[k]; k--)
			swap(values[k - 1], values[k]);
	return values[count / 2];
}

void remora_polling_measure(struct remora_partition *p)
{
	u64 cost[MEASURES];
	unsigned int i;

	for (i = 0; i < MEASURES; i++)
		cost[i] = measure_block();
	WRITE_ONCE(p->block_cycles, median(cost, MEASURES));
	WRITE_ONCE(p->poll_cycles, clamp_t(u64, p->block_cycles, POLL_CYCLES_MIN,
					   div_u64((u64)tsc_khz * POLL_US_MAX, 1000)));
}
