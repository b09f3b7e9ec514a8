/* SPDX-License-Identifier: GPL-2.0-only */
/* What an agreement costs on machines of a stated kind: Fig 8 of the multikernel paper, simulated. */
#ifndef SIM_FIG8_H
#define SIM_FIG8_H

/** fig8 - a table of costs, as CSV with the models stated before it. Return: an exit code. */
int fig8(void);

/**
 * fig8_test - pipelined three times cheaper than alone on 8 nodes; trees cheaper than single messages
 * TAP. Return: an exit code.
 */
int fig8_test(void);

#endif
