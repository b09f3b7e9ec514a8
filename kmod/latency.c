// SPDX-License-Identifier: GPL-2.0-only
/*
 * How far packages are from each other: round trips between CPU drivers, when a partition starts and
 * before its cores are in a view, since all members must route by the same distances.
 */
#include <linux/kernel.h>
#include <linux/slab.h>

#include <abi/ctl.h>
#include <abi/protocol/sizes.h>

#include "latency.h"
#include "monitor_priv.h"

#define ROUNDS 64u
#define PING_MS 2000u

/* @core: two of each package, nodes; 0: none */
struct measurement {
	unsigned int core[SIZES_PACKAGES][2];
	u32 cycles[SIZES_PACKAGES * SIZES_PACKAGES];
};

/* Return: cycles of one way in the median, 0: it was not measured. */
static u32 ping(struct remora_partition *p, const struct remora_running *r, unsigned int from,
		unsigned int to)
{
	struct abi_ctl_peer_ping request = { .peer = to, .count = ROUNDS };
	const struct abi_ctl_peer_pong *pong;
	struct remora_call call = {
		.type = ABI_CTL_PEER_PING,
		.epoch = r->epoch[from],
		.uninterrupted = true,
		.request = &request,
		.request_bytes = sizeof(request),
		.reply_bytes = sizeof(*pong),
		.timeout_ms = PING_MS,
	};

	if (remora_node_call(&p->cores[from - 1], &call, NULL))
		return 0;
	pong = (const void *)call.answer.payload;
	return clamp_t(u64, pong->median / 2, 1, U32_MAX / SIZES_PACKAGES);
}

/* Return: in how many packages there are cores that have rings to each other. */
static unsigned int find_cores(struct remora_partition *p, const struct remora_running *r,
			       struct measurement *m)
{
	unsigned int node, package, packages = 0;

	/* No link to node 0 was made. */
	if (!READ_ONCE(p->monitor.machines))
		return 0;
	for (node = 1; node < ABI_NODES_MAX; node++) {
		if (!r->epoch[node] || r->joined[node])
			continue;
		package = remora_machines_package(&p->monitor, &p->cores[node - 1]);
		if (!m->core[package][0]) {
			m->core[package][0] = node;
			packages++;
		} else if (!m->core[package][1]) {
			m->core[package][1] = node;
		}
	}
	return packages;
}

/* Ends with the first that does not answer: nobody is kept waiting for all the others, too. */
static void measure_all(struct remora_partition *p, const struct remora_running *r,
			struct measurement *m)
{
	unsigned int i, k;

	for (i = 0; i < SIZES_PACKAGES; i++) {
		for (k = i; k < SIZES_PACKAGES; k++) {
			unsigned int from = m->core[i][0], to = m->core[k][i == k];
			u32 cycles;

			if (!from || !to)
				continue;
			cycles = ping(p, r, from, to);
			if (!cycles)
				return;
			m->cycles[i * SIZES_PACKAGES + k] = cycles;
			m->cycles[k * SIZES_PACKAGES + i] = cycles;
		}
	}
}

void remora_latency_measure(struct remora_partition *p, const struct remora_running *r)
{
	struct measurement *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return;
	if (find_cores(p, r, m) > 1) {
		measure_all(p, r, m);
		remora_monitor_measured(p, m->cycles);
	}
	kfree(m);
}
